/** What the rules about scripts find beyond their fixtures. */
import { describe, expect, test } from "vitest";
import { findingsOf } from "../../src/rules/findings.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { counter, keyspace, none, script, tagScopes } from "../../src/schema/index.js";

const said = { owner: "chat", writers: ["chat"], readers: [], ttl: "1h" } as const;
const sent = counter("chat:sent:<id>", { ...said, purpose: "How many a user sent.", tag: none("one at a time") });

function found(text: string, access: "read" | "write" = "write") {
  const keys = { sent: access === "read" ? { read: sent } : { write: sent } };
  const scripts = { run: script("run.lua", { purpose: "Runs for a test.", keys }) };
  const header = access === "read" ? "#!lua flags=no-writes" : "#!lua";
  const built = buildManifest(keyspace({ name: "test", families: { sent }, scripts }), () => `${header}\n${text}`);
  return findingsOf(built.sound).map(({ id, message }) => `${id}: ${message}`);
}

describe("the rules about scripts", () => {
  test.each(
    `ACL BGREWRITEAOF BGSAVE CLIENT CLUSTER CONFIG DBSIZE DEBUG FAILOVER FLUSHALL FLUSHDB FUNCTION KEYS LATENCY MIGRATE MODULE
    MONITOR MOVE RANDOMKEY REPLICAOF SAVE SCAN SCRIPT SELECT SHUTDOWN SLAVEOF SLOWLOG SWAPDB`.split(/\s+/),
  )("%s is banned", (command) => {
    expect(found(`redis.call('${command}')`)).toEqual([`script-banned-command: run.lua calls ${command}`]);
  });

  test("a write in a script that says no-writes is found, also where its key is none of KEYS", () => {
    expect(found("redis.call('SET', ARGV[1], 1)", "read")).toEqual([
      "script-undeclared-key: run.lua calls SET with ARGV[1] as a key",
      "script-writes-read: run.lua calls SET, and has the flag no-writes",
    ]);
  });

  test.each(["GET", "DEL"])("%s of a key beyond those that are declared is found", (command) => {
    const undeclared = [`script-undeclared-key: run.lua calls ${command} with KEYS[2] as a key`];
    expect(found(`redis.call('${command}', KEYS[2])`)).toEqual(undeclared);
  });

  test.each(["string.rep('a', 2)", "table.concat({ 'a', 'b' })", "tostring(ARGV[1])"])(
    "a key that is put together by %s is found",
    (key) => {
      expect(found(`redis.call('GET', ${key})`)).toEqual([expect.stringMatching(/^script-undeclared-key: /)]);
    },
  );

  test("one computed command among others is found", () => {
    expect(found("redis.call('INCR', KEYS[1]) redis.call(ARGV[1], KEYS[1])")).toEqual([
      expect.stringMatching(/^script-computed-command: /),
    ]);
  });

  test("what reaches Redis by another way is a computed command", () => {
    for (const text of ["_G.redis.call('KEYS', '*')", "loadstring(ARGV[1])()", "redis['call']('KEYS', '*')"]) {
      expect(found(text)).toEqual([expect.stringMatching(/^script-computed-command: /)]);
    }
  });
});

test("two scopes of one tag, of which one says that it is constant, clash", () => {
  const because = "for a test of what clashes";
  const scopes = tagScopes({ all: { tag: "{all}", because, constant: true } });
  const part = keyspace({ name: "part", scopes: tagScopes({ all: { tag: "{all}", because } }), families: {} });
  const whole = keyspace({ name: "whole", include: [part], scopes, families: {} });
  expect(buildManifest(whole).problems).toMatchObject([{ id: "composition-clash", field: "scopes.all" }]);
});
