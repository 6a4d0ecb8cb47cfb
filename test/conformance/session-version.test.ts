/** Two versions of a schema side by side, as in a rolling deploy. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type SessionFamily, SessionRepository } from "../../src/repositories/session.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { keyspace, none, session } from "../../src/schema/index.js";
import { hex } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { readEnvelopeHead } from "../../src/schema/values/envelope.js";
import { createRepositories, type Repositories } from "../fixtures/composed/generated/redis/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface Key {
  readonly token: string;
}
const first = z.object({ language: z.string(), since: z.date() });
type First = z.infer<typeof first>;

class Before extends SessionRepository<Key, First> {
  constructor(runtime: Runtime) {
    const family: SessionFamily<First> = {
      name: "visitor",
      kind: "session",
      pattern: "account:visitor:<token:hex>",
      store: "default",
      tier: "R1",
      deadline: 5000,
      retries: 0,
      tagged: false,
      ttl: { kind: "sliding", ms: 1_800_000, max: 86_400_000 },
      owners: undefined,
      value: compileCodec(first, "superjson"),
    };
    super(runtime, family, (k) => `account:visitor:${hex(k.token, "token")}`);
  }
}

describe.each(topologies)("versions of a session on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  const since = new Date("2026-03-04T05:06:07.089Z");
  let connection: Connection;
  let before: Before;
  let after: Repositories["visitor"];
  let next = 0;
  const fresh = (): Key => {
    next += 1;
    return { token: `a${next}` };
  };
  const stored = (key: Key) => connection.send(["GET", after.keyOf(key)]) as Promise<string>;
  beforeAll(async () => {
    connection = await connect();
    const clients = { default: connection.client, ledger: connection.client };
    after = createRepositories(clients, { prefix }).visitor;
    await after.load(fresh());
    before = new Before(new Runtime(connection.client as never, ["default"], { prefix }));
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  test("an older value is upgraded by a read, which rewrites nothing, and stored anew by a save", async () => {
    const key = fresh();
    await before.create(key, { language: "en", since });
    const text = await stored(key);
    expect(await after.load(key)).toEqual({ languages: ["en"], since });
    expect(await after.loadAndTouch(key)).toEqual({ languages: ["en"], since });
    expect(await stored(key)).toBe(text);
    expect(await before.load(key)).toEqual({ language: "en", since });
    expect(await after.save(key, { languages: ["en", "de"], since })).toBe(true);
    expect(readEnvelopeHead(await stored(key))?.version).toBe(2);
  });

  test("a newer value is a typed error to the older version, which cannot overwrite it", async () => {
    const key = fresh();
    await after.create(key, { languages: ["en"], since });
    const text = await stored(key);
    const heard: KeywrightEvent[] = [];
    const stop = onEvent((event) => heard.push(event));
    const newer = { code: "undecodable-value", mayHaveBeenApplied: false, message: /newer version/ };
    const shown = expect.objectContaining({ ...newer, message: expect.stringMatching(newer.message) });
    await expect(before.load(key)).rejects.toEqual(shown);
    await expect(before.save(key, { language: "de", since })).rejects.toEqual(shown);
    await expect(before.rotate(key, fresh())).rejects.toEqual(shown);
    stop();
    expect(heard.filter(({ type }) => type === "newer-version").map(({ operation }) => operation)).toEqual([
      "load",
      "save",
      "rotate",
    ]);
    expect(await stored(key)).toBe(text);
    expect(await after.load(key)).toEqual({ languages: ["en"], since });
    // To end it needs no reading.
    expect(await before.destroy(key)).toBe(true);
  });

  test("a rotation takes an older value along to the byte, and reads upgrade it there", async () => {
    const [key, newKey] = [fresh(), fresh()];
    await before.create(key, { language: "fr", since });
    expect(await after.rotate(key, newKey)).toBe(true);
    expect(await after.load(newKey)).toEqual({ languages: ["fr"], since });
    expect(readEnvelopeHead(await stored(newKey))?.version).toBe(1);
  });

  test("writers of both versions at once: what is stored is whole, and never goes back a version", async () => {
    const key = fresh();
    await before.create(key, { language: "en", since });
    const saves = Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0
        ? before.save(key, { language: `old${i}`, since }).catch((error: { code: string }) => error.code)
        : after.save(key, { languages: [`new${i}`], since }),
    );
    const ended = await Promise.all(saves);
    // The order on the server is the client's affair; that of the versions is not.
    for (const [i, end] of ended.entries()) expect(i % 2 === 0 ? [true, "undecodable-value"] : [true]).toContain(end);
    expect(await after.load(key)).toEqual({ languages: [expect.stringMatching(/^new/)], since });
    await expect(before.save(key, { language: "old", since })).rejects.toMatchObject({ code: "undecodable-value" });
  });

  test("a value that is not what its version says is undecodable", async () => {
    const key = fresh();
    await before.create(key, { language: "en", since });
    const text = (await stored(key)).replace('"language"', '"lang"');
    await connection.send(["SET", after.keyOf(key), text, "PX", "60000"]);
    await expect(after.load(key)).rejects.toMatchObject({
      code: "undecodable-value",
      issues: [{ message: "is not what version 1 was" }],
    });
  });
});

test.each([
  [{ version: 2 }, "missing-upgrade", "upgrade"],
  [{ version: 0 }, "invalid-version", "version"],
  [{ version: 10_000 }, "invalid-version", "version"],
  [{ upgrade: { 1: () => ({}) } }, "invalid-upgrade", "upgrade.1"],
  [{ version: 2, upgrade: { 1: 5 } }, "invalid-upgrade", "upgrade.1"],
])("a version without its upgrades is a mistake: %j", (options, id, field) => {
  const one = session("one:<token:hex>", {
    purpose: "For a test.",
    owner: "web",
    writers: ["web"],
    readers: [],
    tag: none("for a test"),
    ttl: "1h",
    value: z.object({ a: z.string() }),
    ...(options as object),
  });
  expect(buildManifest(keyspace({ name: "test", families: { one } })).problems).toMatchObject([{ id, field }]);
});
