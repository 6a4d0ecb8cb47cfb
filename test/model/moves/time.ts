/**
 * TTLs that run out in a model: the keys whose deadlines lie before a moment are gone, at once and on both sides, and so
 * is what is written later with such a deadline.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Script } from "../../../src/runtime/script.js";
import type { Connection } from "./connection.js";

function script(name: string, source: string): Script {
  return { name, sha1: createHash("sha1").update(source).digest("hex"), source, readOnly: false };
}

const expire = script(
  "model-expire",
  `for _, key in ipairs(KEYS) do
  local at = redis.call('PEXPIRETIME', key)
  if at >= 0 and at <= tonumber(ARGV[1]) then redis.call('DEL', key) end
end`,
);

const deadlines = script(
  "model-deadlines",
  `local found = {}
for i, key in ipairs(KEYS) do found[i] = redis.call('PEXPIRETIME', key) end
return found`,
);

/** The clock of one schedule's keys. */
export class Time {
  readonly #connection: Connection;
  /** What has its deadline up to here is gone. */
  #passed = 0;
  /** The last millisecond in which a command may have been run. */
  #last = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** A millisecond in which no command has run yet, so that deadlines tell what was written before it from the rest. */
  async fresh(): Promise<number> {
    while (Date.now() <= this.#last) await new Promise((done) => setImmediate(done));
    return Date.now();
  }

  /** To be called before and after every command. */
  seen(): void {
    this.#last = Date.now();
  }

  /** Everything is gone that has its deadline up to then. */
  async pass(until: number, keys: readonly string[]): Promise<void> {
    this.#passed = Math.max(this.#passed, until);
    await this.reap(keys);
  }

  /** Takes away what a command has just written with a deadline that has passed. */
  async reap(keys: readonly string[]): Promise<void> {
    if (this.#passed > 0 && keys.length > 0) await this.#connection.script(expire, keys, [String(this.#passed)]);
  }

  get hasPassed(): boolean {
    return this.#passed > 0;
  }

  /** By key: the moment in milliseconds, -1 without a TTL, -2 where it is not there. */
  async deadlines(keys: readonly string[]): Promise<number[]> {
    return keys.length === 0 ? [] : ((await this.#connection.script(deadlines, keys)) as number[]);
  }
}
