/**
 * `npm run demo`: generates the repositories of this app's keys, starts a Redis in memory, lets the app's services use
 * it, and shows what they did and what Redis was sent. Every number is measured, and every claim checked: where the
 * scenario goes another way the demo says so and ends with 1.
 */
import { generating } from "./demo/generating.js";
import { colors, line, milliseconds } from "./demo/printing.js";

const began = performance.now();
// Until everything has gone well.
process.exitCode = 1;
try {
  line(`${colors.bold("Keywright")}: the Redis keys of a friends app, by one schema`);
  line(colors.dim("Every number is measured, every ✓ checked; Redis's MONITOR shows the commands."));
  await generating();
  // Only now: it imports what was just generated.
  const { scenario } = await import("./demo/scenario.js");
  await scenario();
  line();
  line(colors.dim(`Everything is closed, after ${milliseconds(performance.now() - began)}.`));
  line("Read on: examples/friends/redis.schema.ts is the schema,");
  line("         examples/friends/demo/services the code that uses it.");
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(`\n${colors.red("The demo failed:")} ${describe(error)}\n`);
}

/** Where it happened says nothing about a claim that does not hold, or a Redis that cannot be had. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inWords = error.name === "Unexpected" || error.message.startsWith("keywright/testing");
  return inWords ? error.message : (error.stack ?? error.message);
}
