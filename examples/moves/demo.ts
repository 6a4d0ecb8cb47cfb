/**
 * `npm run demo -- moves`: takes four families to tagged keys on a Redis Cluster of three primaries, phase by phase, back
 * one, and on, while old and new versions of the services work side by side.
 */
import { showing } from "../shared/showing.js";

await showing({
  about: "key families are renamed under load on a Redis Cluster",
  proof: "all that is written is read back and compared",
  example: new URL("./", import.meta.url),
  scenario: async () => (await import("./demo/scenario.js")).scenario(),
  readOn: [
    "Read on: examples/moves/redis.schema.ts is the schema, docs/moves.md and docs/migrate.md say how it is done,",
    "         examples/moves/demo/load is what the services do meanwhile, and how it is checked.",
  ],
});
