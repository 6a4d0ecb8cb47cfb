/** KEYS and FLUSHALL nowhere, SCAN in tooling only: in the sources, and on a server that a service has used. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";
import ts from "typescript";
import { expect, test } from "vitest";
import * as scripts from "../../src/repositories/scripts.js";
import { resolveRedisBinary } from "../../src/testing/resolve-redis.js";
import { startOwnRedis } from "../../src/testing/single-server.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const banned = ["KEYS", "FLUSHALL", "FLUSHDB", "SCAN"];
/** Where SCAN is the way: the audit, moves and clean-ups. Never in a service's call. */
const tooling = /^(keyspace|migration|cli)\//;

/** The names of commands among the string literals of a file. */
function commandsIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(src, file), "utf8"), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && banned.includes(node.text.toUpperCase())) found.push(node.text.toUpperCase());
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test("B15 no source of ours sends KEYS or FLUSHALL, and only tooling sends SCAN", () => {
  // What reads, proves and generates knows no client: there the words are those of a team's own scripts.
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/^(schema|rules|codegen)\//.test(file),
  );
  expect(files.length).toBeGreaterThan(100);
  const sent = files.flatMap((file) => commandsIn(file).map((command) => `${file}: ${command}`));
  expect(sent.filter((each) => !(tooling.test(each) && each.endsWith(": SCAN")))).toEqual([]);
});

test("B15 no script calls them", () => {
  const texts = Object.values(scripts).map(({ source }) => source);
  expect(texts.length).toBeGreaterThan(20);
  const calls = texts.flatMap((text) => [...text.matchAll(/redis\.p?call\(\s*["'](\w+)["']/g)].map(([, name]) => name));
  expect(calls.length).toBeGreaterThan(50);
  expect(calls.filter((name) => banned.includes(String(name).toUpperCase()))).toEqual([]);
});

test("B15 COMMAND STATS of a server that every kind has used show none of them", async () => {
  const server = await startOwnRedis((await resolveRedisBinary()).binary);
  const client = createClient({ url: server.url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const redis = createRepositories(client);
    const [roomId, userId] = [1, "8a6e0804-2bd0-4672-b79d-d97027f9071a"];
    await redis.topic.set({ roomId }, { text: "Redis", since: new Date() });
    await redis.topic.getMany([{ roomId }, { roomId: 2 }]);
    await redis.topic.delete({ roomId });
    await redis.sent.increment({ roomId });
    await redis.sent.reset({ roomId });
    await redis.posts.consume({ roomId, userId });
    await redis.posts.reset({ roomId, userId });
    await redis.here.heartbeat({ roomId }, userId, "phone");
    await redis.here.members({ roomId });
    await redis.here.leave({ roomId }, userId);
    await redis.messages.recent({ roomId }, { orElse: async () => [] });
    await redis.messages.clear({ roomId });
    await redis.nearby.count({ roomId });
    await redis.nearby.sweep({ roomId });
    await redis.webSession.create({ token: "ab" }, { userId, signedInAt: new Date() });
    await redis.webSession.destroy({ token: "ab" });
    await redis.flag.set({ name: "dark" }, true);
    const stats = await client.info("commandstats");
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    expect(calls("set") + calls("evalsha") + calls("eval")).toBeGreaterThan(8);
    for (const name of banned) expect([name, calls(name.toLowerCase())]).toEqual([name, 0]);
  } finally {
    client.destroy();
    await server.stop();
  }
});
