/**
 * `npm run demo -- publishing`: generates the repositories of this platform's keys, starts a Redis Cluster of three
 * primaries, lets the services use it, and shows what they did and what the Cluster was sent.
 */
import { showing } from "../shared/showing.js";

await showing({
  about: "verification codes and browser sessions on a Redis Cluster",
  example: new URL("./", import.meta.url),
  // Only then: it imports what was just generated.
  scenario: async () => (await import("./demo/scenario.js")).scenario(),
  readOn: [
    "Read on: examples/publishing/redis.schema.ts is the schema,",
    "         examples/publishing/demo/services the code that uses it.",
  ],
});
