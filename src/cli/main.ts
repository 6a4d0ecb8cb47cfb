#!/usr/bin/env node
/**
 * The command line. Data goes to stdout, everything else to stderr.
 *
 * @module
 */
import { run } from "./program.js";

// Whoever reads may have seen enough, as `head` has: that is no fault, and changes no exit code.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const code = await run(process.argv.slice(2));
// A schema may leave a timer or a socket open; only --watch is meant to go on.
if (!process.argv.some((word) => word === "--watch" || word === "-w")) {
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  process.exit(code);
}
process.exitCode = code;
