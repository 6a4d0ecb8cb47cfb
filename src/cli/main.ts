#!/usr/bin/env node
/**
 * The command line. Data goes to stdout, everything else to stderr.
 *
 * @module
 */
import { run } from "./program.js";

const code = await run(process.argv.slice(2));
// A schema may leave a timer or a socket open; only --watch is meant to go on.
if (!process.argv.some((word) => word === "--watch" || word === "-w")) process.exit(code);
process.exitCode = code;
