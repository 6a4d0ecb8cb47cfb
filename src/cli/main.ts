#!/usr/bin/env node
/**
 * The command line. Data goes to stdout, everything else to stderr.
 *
 * @module
 */
import { run } from "./program.js";

process.exitCode = await run(process.argv.slice(2));
