/** What is read out of a script's text; the table of commands against a server's own. */
import { createClient } from "redis";
import { describe, expect, inject, test } from "vitest";
import { isWrite, useOf } from "../../src/schema/redis-commands.js";
import { readCalls } from "../../src/schema/script-calls.js";

const call = { reads: [], writes: [], undeclared: [] };

describe("the calls of a script", () => {
  test.each<[string, object[]]>([
    ["return redis.call('get', KEYS[1])", [{ ...call, command: "GET", reads: [1] }]],
    ['redis.pcall("SET", KEYS[2], ARGV[1])', [{ ...call, command: "SET", writes: [2] }]],
    ["redis.call 'TIME'", [{ ...call, command: "TIME" }]],
    ["-- redis.call('KEYS', '*')\nlocal s = \"redis.call('KEYS')\"", []],
    ["--[[ redis.call('KEYS') ]] return 1", []],
    ["local k = KEYS[1] redis.call('DEL', k, KEYS[2])", [{ ...call, command: "DEL", writes: [1, 2] }]],
    ["local c = 'KEYS' redis.call(c, '*')", [{ ...call, command: "KEYS" }]],
    ["redis.call('COPY', KEYS[1], KEYS[2])", [{ ...call, command: "COPY", reads: [1], writes: [2] }]],
    ["redis.call('BITOP', 'AND', KEYS[1], KEYS[2])", [{ ...call, command: "BITOP", writes: [1], reads: [2] }]],
    ["redis.call('ZUNIONSTORE', KEYS[1], 1, KEYS[2])", [{ ...call, command: "ZUNIONSTORE", writes: [1], reads: [2] }]],
    ["redis.call('MSET', KEYS[1], ARGV[1])", [{ ...call, command: "MSET", writes: [1] }]],
    ["redis.call('GET', ARGV[1])", [{ ...call, command: "GET", undeclared: ["ARGV[1]"] }]],
    ["redis.call('GET', 'a:' .. ARGV[1])", [{ ...call, command: "GET", undeclared: ["'a:' .. ARGV[1]"] }]],
    ["local k = KEYS[1] .. ':x' redis.call('GET', k)", [{ ...call, command: "GET", undeclared: ["KEYS[1] .. ':x'"] }]],
    // What is given twice, or counted, may be any of them.
    ["local k = KEYS[1] k = ARGV[1] redis.call('GET', k)", [{ ...call, command: "GET" }]],
    ["for i = 1, #KEYS do redis.call('GET', KEYS[i]) end", [{ ...call, command: "GET" }]],
    ["redis.call(ARGV[1], KEYS[1])", [{ ...call, command: undefined }]],
    ["local send = redis.call send('KEYS', '*')", [{ ...call, command: undefined }]],
    ["local r = redis r.call('KEYS', '*')", [{ ...call, command: undefined }]],
    // Other spellings of the same.
    ["redis.call('FLUSH\\65LL')", [{ ...call, command: "FLUSHALL" }]],
    ["redis.call([==[KEYS]==], '*')", [{ ...call, command: "KEYS" }]],
    ["server.call('KEYS', '*')", [{ ...call, command: "KEYS" }]],
    ["local server = {} server.call('KEYS', '*')", []],
    // Ways to all that a script can reach.
    ["_G.redis.call('KEYS', '*')", [{ ...call, command: undefined }]],
    ["_G['redis'].call('KEYS', '*')", [{ ...call, command: undefined }]],
    ["redis['call']('KEYS', '*')", [{ ...call, command: undefined }]],
    ["loadstring('return 1')()", [{ ...call, command: undefined }]],
    ["local t = { load = 1, redis = 2 } return t.load + t.redis", []],
    ["local function load(key) return redis.call('GET', key) end return load(KEYS[1])", [{ ...call, command: "GET" }]],
    // Keys under another name, and one of several.
    ["local K = KEYS redis.call('DEL', K[2])", [{ ...call, command: "DEL", writes: [2] }]],
    ["local second = 2 redis.call('DEL', KEYS[second])", [{ ...call, command: "DEL", writes: [2] }]],
    [
      "local k = ARGV[1] == '1' and KEYS[1] or KEYS[2] redis.call('DEL', k)",
      [{ ...call, command: "DEL", writes: [1, 2] }],
    ],
    ["redis.call('DEL', KEYS[3] or 'x')", [{ ...call, command: "DEL", writes: [3], undeclared: ["'x'"] }]],
    ["redis.call('DEL', tostring(ARGV[1]))", [{ ...call, command: "DEL", undeclared: ["tostring(ARGV[1])"] }]],
    [
      "redis.call('DEL', string.format('a:%s', ARGV[1]))",
      [{ ...call, command: "DEL", undeclared: ["string.format('a:%s', ARGV[1])"] }],
    ],
    [
      "redis.call('DEL', ('a:' .. ARGV[1]):lower())",
      [{ ...call, command: "DEL", undeclared: ["('a:' .. ARGV[1]):lower()"] }],
    ],
    [
      "local next = redis.call('GET', KEYS[1]) redis.call('DEL', next)",
      [
        { ...call, command: "GET", reads: [1] },
        { ...call, command: "DEL", undeclared: ["redis.call('GET', KEYS[1])"] },
      ],
    ],
    // Names that are given in terms of themselves, or of each other.
    ["local key = key redis.call('GET', key)", [{ ...call, command: "GET" }]],
    ["local a = b local b = a redis.call(a, KEYS[1])", [{ ...call, command: undefined }]],
  ])("%s", (source, calls) => {
    expect(readCalls(`#!lua\n${source}`)).toEqual(calls);
  });

  test("text that is no Lua is told with its line", () => {
    expect(readCalls("#!lua\nif x then\nreturn 1")).toMatchObject({
      line: 3,
      message: expect.stringContaining("'end'"),
    });
  });
});

test("the table of commands says of writes and first keys what a server says", async () => {
  const client = createClient({ url: inject("redis").url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const commands = (await client.sendCommand(["COMMAND"])) as unknown as [string, number, string[], number][];
    expect(commands.length).toBeGreaterThan(200);
    for (const [name, , flags, firstKey] of commands) {
      const command = name.toUpperCase();
      if (flags.includes("write")) expect([command, isWrite(command)]).toEqual([command, true]);
      if (flags.includes("readonly")) expect([command, isWrite(command)]).toEqual([command, false]);
      if (firstKey === 0 || !(flags.includes("write") || flags.includes("readonly"))) continue;
      expect([command, useOf(command, firstKey, true)]).not.toEqual([command, undefined]);
    }
  } finally {
    client.destroy();
  }
});
