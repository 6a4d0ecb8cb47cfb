/**
 * Scripts of a team's own: what their texts call, held against what they declare.
 *
 * @module
 */
import type { Manifest, ManifestScript } from "../schema/manifest.js";
import { isWrite } from "../schema/redis-commands.js";
import type { Found, Rule } from "./rule.js";

const topic = "scripts";

function eachScript(check: (script: ManifestScript) => readonly Pick<Found, "message" | "fix">[]): Rule["check"] {
  return ({ scripts = [] }: Manifest) =>
    scripts.flatMap((script) =>
      check(script).map((found) => ({
        family: script.name,
        field: "file",
        ...found,
        message: `${script.file} ${found.message}`,
      })),
    );
}

/** Those that walk or empty a server, leave the database, or are for whoever runs it. */
const banned = new Set(
  `ACL BGREWRITEAOF BGSAVE CLIENT CLUSTER CONFIG DBSIZE DEBUG FAILOVER FLUSHALL FLUSHDB FUNCTION KEYS LATENCY MIGRATE
  MODULE MONITOR MOVE RANDOMKEY REPLICAOF SAVE SCAN SCRIPT SELECT SHUTDOWN SLAVEOF SLOWLOG SWAPDB`.split(/\s+/),
);

export const scriptBannedCommand: Rule = {
  id: "script-banned-command",
  severity: "error",
  topic,
  purpose:
    "A script holds the whole server while it runs: none walks all keys, empties a database or changes the server.",
  example: { bad: "redis.call('KEYS', …)", good: "redis.call('SMEMBERS', KEYS[1])" },
  check: eachScript(({ calls }) =>
    calls
      .flatMap(({ command }) => (command !== null && banned.has(command) ? [command] : []))
      .map((command) => ({
        message: `calls ${command}`,
        fix: "Keep an index of the keys that you need, in a key that is declared; SCAN and the rest are for tools, outside of scripts.",
      })),
  ),
};

export const scriptUndeclaredKey: Rule = {
  id: "script-undeclared-key",
  severity: "error",
  topic,
  purpose: "A key that is not in KEYS may lie on another server of the Cluster, and nothing guards its TTL.",
  example: { bad: "redis.call('GET', ARGV[1])", good: "redis.call('GET', KEYS[1])" },
  check: eachScript(({ calls }) =>
    calls.flatMap(({ command, undeclared = [] }) =>
      undeclared.map((text) => ({
        message: `calls ${command} with ${text} as a key`,
        fix: "Declare the key in keys, and use it as KEYS[n].",
      })),
    ),
  ),
};

export const scriptWritesRead: Rule = {
  id: "script-writes-read",
  severity: "error",
  topic,
  purpose:
    "Who may call a script follows from what it declares: a write that is declared as a read is open to readers.",
  example: { bad: "{ read: posts }", good: "{ write: posts }" },
  check: eachScript(({ calls, keys, flags }) =>
    calls.flatMap(({ command, writes }) => {
      const read = keys.find(({ name, access }) => access === "read" && writes.includes(name));
      if (read === undefined && !(command !== null && isWrite(command) && flags.includes("no-writes"))) return [];
      return [
        read === undefined
          ? {
              message: `calls ${command}, and has the flag no-writes`,
              fix: "Take the call or the flag out; with the flag, Redis refuses the call.",
            }
          : {
              message: `changes ${read.name} by ${command}, which is declared with read`,
              fix: `Write ${read.name}: { write: ${read.family} }.`,
            },
      ];
    }),
  ),
};

export const scriptComputedCommand: Rule = {
  id: "script-computed-command",
  severity: "warning",
  topic,
  purpose: "What a script calls under a name that it computes is seen by no rule and no reviewer.",
  example: { bad: "redis.call(ARGV[1], KEYS[1])", good: "redis.call('INCR', KEYS[1])" },
  check: eachScript(({ calls }) =>
    calls.some(({ command }) => command === null)
      ? [
          {
            message: "computes the name of a command, or passes redis.call on",
            fix: "Write redis.call with the command's name, once for each command.",
          },
        ]
      : [],
  ),
};
