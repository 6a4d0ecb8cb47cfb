import { expect, inject, test } from "vitest";
import { type ReadOnly, readOnly } from "../../src/repositories/access.js";
import { CodeRepository, TokenRepository } from "../../src/repositories/token.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { recordCommands } from "../../src/testing/index.js";
import { topologies, uniquePrefix } from "../setup/topologies.js";
import { Codes, Invites, Streams } from "./token-families.js";

type Reading = ReadOnly<Invites, typeof Invites, "gateway only reads invite">;

test("a reader of tokens peeks; each write is refused before anything is sent", async () => {
  const connection = await topologies[0]!.connect();
  const runtime = new Runtime(connection.client as never, ["default"], { prefix: uniquePrefix() });
  const invites = new Invites(runtime);
  await invites.issue({ token: "a" }, { userId: "ann" });
  const reading = readOnly(invites, Invites.writes, "gateway only reads invite") as unknown as Reading;
  expect(await reading.peek({ token: "a" })).toEqual({ userId: "ann" });
  expect(reading).not.toHaveProperty("keysFor");

  // @ts-expect-error in types it is no function, but a sentence
  await expect(reading.consume({ token: "a" })).rejects.toMatchObject({ code: "forbidden" });

  const record = await recordCommands(inject("redis").url, { from: connection.client as never });
  for (const repository of [invites, new Streams(runtime), new Codes(runtime)]) {
    const { writes } = repository.constructor as unknown as { readonly writes: readonly string[] };
    const limited = readOnly(repository, writes, "gateway only reads it");
    const untyped = limited as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    for (const operation of writes) {
      await expect(untyped[operation]!({ token: "a" })).rejects.toMatchObject({ code: "forbidden", operation });
    }
  }
  await record.waitUntilQuiet();
  expect(record.commands()).toEqual([]);
  await record.stop();
  expect(await invites.consume({ token: "a" })).toEqual({ userId: "ann" });
  await connection.close();
});

test("every operation that changes something is among the writes", () => {
  const reads = new Set(["constructor", "keysFor", "peek"]);
  for (const repository of [TokenRepository, CodeRepository]) {
    const operations = Object.getOwnPropertyNames(repository.prototype).filter((name) => !reads.has(name));
    expect(new Set(operations)).toEqual(new Set(repository.writes));
  }
});
