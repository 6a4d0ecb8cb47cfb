import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { KeyFunction } from "../../src/repositories/repository.js";
import { type ValueFamily, ValueRepository } from "../../src/repositories/value.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { uuid } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface UserKey {
  readonly userId: string;
}

class Flags extends ValueRepository<UserKey, boolean> {
  constructor(runtime: Runtime) {
    super(runtime, flagsFamily, key);
  }
}

const key: KeyFunction<UserKey> = (k) => `user:privacy:${uuid(k.userId, "userId")}`;
const flagsFamily: ValueFamily<boolean> = {
  name: "userPrivacy",
  kind: "value",
  pattern: "user:privacy:<userId:uuid>",
  store: "default",
  tier: "R3",
  deadline: 1500,
  tagged: false,
  ttl: { kind: "fixed", ms: 86_400_000 },
  overwrite: "restart",
  undecodable: "throw",
  value: compileCodec(z.boolean(), "boolean01"),
};

describe.each(topologies)("value on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
  let connection: Connection;
  let flags: Flags;

  beforeAll(async () => {
    connection = await connect();
    flags = new Flags(new Runtime(connection.client, ["default"], { prefix }));
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  test("stores a value with its TTL and reads it back", async () => {
    expect(await flags.get({ userId })).toBeNull();
    await flags.set({ userId }, true);
    expect(await flags.get({ userId })).toBe(true);
    expect(await connection.send(["GET", flags.keyOf({ userId })])).toBe("1");
    const left = (await connection.send(["PTTL", flags.keyOf({ userId })])) as number;
    expect(left).toBeGreaterThan(86_000_000);
    expect(left).toBeLessThanOrEqual(86_400_000);
  });

  test("compares and sets", async () => {
    await flags.set({ userId }, true);
    expect(await flags.compareAndSet({ userId }, false, true)).toBe(false);
    expect(await flags.compareAndSet({ userId }, true, false)).toBe(true);
    expect(await flags.get({ userId })).toBe(false);
  });
});
