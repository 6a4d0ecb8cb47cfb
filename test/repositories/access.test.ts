import { expect, inject, test } from "vitest";
import { z } from "zod";
import { type ReadOnly, readOnly } from "../../src/repositories/access.js";
import { ValueRepository } from "../../src/repositories/value.js";
import type { ForbiddenError } from "../../src/runtime/errors.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { recordCommands } from "../../src/testing/index.js";
import { topologies, uniquePrefix } from "../setup/topologies.js";

interface Key {
  readonly id: string;
}
class Flags extends ValueRepository<Key, boolean> {
  constructor(runtime: Runtime) {
    super(
      runtime,
      {
        name: "flags",
        kind: "value",
        pattern: "flag:<id>",
        store: "default",
        tier: "R3",
        deadline: 5000,
        retries: 0,
        tagged: false,
        ttl: { kind: "fixed", ms: 60_000 },
        overwrite: "restart",
        undecodable: "throw",
        value: compileCodec(z.boolean(), "boolean01"),
      },
      (key) => `flag:${key.id}`,
    );
  }
}

type Reading = ReadOnly<Flags, typeof Flags, "reporting only reads flags">;

test("a reader reads; each of its writes is refused before anything is sent, in types and at run time", async () => {
  const connection = await topologies[0]!.connect();
  const runtime = new Runtime(connection.client as never, ["default"], { prefix: uniquePrefix() });
  const flags = new Flags(runtime);
  await flags.set({ id: "a" }, true);
  const reading = readOnly(flags, Flags.writes, "reporting only reads flags") as unknown as Reading;
  expect(await reading.get({ id: "a" })).toBe(true);
  expect(await reading.getMany([{ id: "a" }, { id: "b" }])).toEqual([true, null]);
  expect(reading.keyOf({ id: "a" })).toBe(flags.keyOf({ id: "a" }));
  expect(reading.family.name).toBe("flags");

  // @ts-expect-error in types it is no function, but a sentence
  const refused = reading.set({ id: "a" }, false) as Promise<void>;
  await expect(refused).rejects.toMatchObject({ code: "forbidden" });

  const record = await recordCommands(inject("redis").url, { from: connection.client as never });
  const untyped = reading as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const operation of Flags.writes) {
    const error = await untyped[operation]!({ id: "a" }, false).catch((reason: unknown) => reason as ForbiddenError);
    expect(error).toMatchObject({ name: "ForbiddenError", code: "forbidden", family: "flags", operation });
    expect((error as ForbiddenError).message).toContain("reporting only reads flags");
  }
  await record.waitUntilQuiet();
  expect(record.commands()).toEqual([]);
  await record.stop();
  expect(await flags.get({ id: "a" })).toBe(true);
  await flags.delete({ id: "a" });
  await connection.close();
});

test("every operation that changes something is among a class's writes", () => {
  const reads = new Set(["constructor", "get", "getMany", "keyOf", "run"]);
  const operations = Object.getOwnPropertyNames(ValueRepository.prototype).filter((name) => !reads.has(name));
  expect(new Set(operations)).toEqual(new Set(ValueRepository.writes));
});
