/**
 * `npm run demo`: generates the repositories of this app's keys, starts a Redis in memory, lets the app's services use
 * it, and shows what they did and what Redis was sent. Every number is measured, and every claim checked: where the
 * scenario goes another way the demo says so and ends with 1.
 */
import { showing } from "../shared/showing.js";

await showing({
  about: "the Redis keys of a friends app, by one schema",
  example: new URL("./", import.meta.url),
  // Only then: it imports what was just generated.
  scenario: async () => (await import("./demo/scenario.js")).scenario(),
  readOn: [
    "Read on: examples/friends/redis.schema.ts is the schema,",
    "         examples/friends/demo/services the code that uses it.",
  ],
});
