import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type InTransaction, Scope, type ScopeMember } from "../../src/repositories/scope.js";
import { type ValueFamily, ValuePlans, ValueRepository } from "../../src/repositories/value.js";
import type { TransactionError } from "../../src/runtime/errors.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { str } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const familyOf = (name: string, pattern: string): ValueFamily<number> => ({
  name,
  kind: "value",
  pattern,
  store: "default",
  tier: "R3",
  deadline: 5000,
  retries: 0,
  tagged: true,
  ttl: { kind: "fixed", ms: 60_000 },
  overwrite: "restart",
  undecodable: "throw",
  value: compileCodec(z.int(), "int"),
});
interface RoomKey {
  readonly roomId: string;
}
interface SeatKey extends RoomKey {
  readonly seat: string;
}
class Limits extends ValueRepository<RoomKey, number> {
  constructor(runtime: Runtime) {
    super(runtime, familyOf("limits", "room:{<roomId>}:limit"), (k) => `room:{${str(k.roomId, "roomId")}}:limit`);
  }
}
class Seats extends ValueRepository<SeatKey, number> {
  constructor(runtime: Runtime) {
    const family = familyOf("seats", "room:{<roomId>}:seat:<seat>");
    super(runtime, family, (k) => `room:{${str(k.roomId, "roomId")}}:seat:${str(k.seat, "seat")}`);
  }
}
interface RoomTransaction {
  // biome-ignore lint/complexity/noBannedTypes: no parameter is left open.
  readonly limits: InTransaction<ValuePlans<number>, {}>;
  readonly seats: InTransaction<ValuePlans<number>, { readonly seat: string }>;
}

describe.each(topologies)("a scope on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let runtime: Runtime;
  const room = (roomId: string, forbidden: readonly string[] = []) => {
    const member = (repository: object, whole: boolean): ScopeMember => ({
      repository: repository as never,
      whole,
      forbidden: new Set(forbidden),
    });
    const limits = new Limits(runtime);
    const members = { limits: member(limits, true), seats: member(new Seats(runtime), false) };
    return new Scope<RoomTransaction>("room", { roomId }, members, runtime.store(limits.family).executor);
  };
  beforeAll(async () => {
    connection = await connect();
    runtime = new Runtime(connection.client as never, ["default"], { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  test("applies its operations together; the results are typed in their order", async () => {
    const results = await room("one").transaction((tx) => [
      tx.limits.set(3),
      tx.seats.setIfAbsent({ seat: "a" }, 1),
      tx.seats.setIfAbsent({ seat: "a" }, 2),
      tx.seats.get({ seat: "a" }),
      tx.limits.get(),
    ]);
    expect(results).toEqual([undefined, true, false, 1, 3]);
    const [, created, again, seat]: readonly [unknown, boolean, boolean, number | null, number | null] = results;
    expect([created, again, seat]).toEqual([true, false, 1]);
    const key = `${prefix}room:{one}:seat:a`;
    expect(Number(await connection.send(["PTTL", key]))).toBeGreaterThan(50_000);
  });

  test("keys are of its own parameters, whatever a caller without types gives", async () => {
    await room("two").transaction((tx) => [tx.seats.set({ seat: "b", roomId: "three" } as { seat: string }, 7)]);
    expect(await connection.send(["GET", `${prefix}room:{two}:seat:b`])).toBe("7");
    expect(await connection.send(["EXISTS", `${prefix}room:{three}:seat:b`])).toBe(0);
  });

  test("an operation left out, a bad parameter, a bad value, an error of the caller: nothing is sent", async () => {
    const four = room("four");
    const cases: [string, (tx: RoomTransaction) => Plan<unknown>[]][] = [
      [
        "seats.set was built but is not in the returned list",
        (tx) => {
          tx.seats.set({ seat: "a" }, 1);
          return [tx.limits.set(1)];
        },
      ],
      ["key parameter", (tx) => [tx.limits.set(1), tx.seats.get({ seat: "a:b" })]],
      ["the schema refuses the value", (tx) => [tx.limits.set(1), tx.seats.set({ seat: "a" }, "x" as never)]],
      [
        "of the caller",
        (tx) => {
          tx.limits.set(1);
          throw new Error("of the caller");
        },
      ],
    ];
    for (const [words, build] of cases) await expect(four.transaction(build)).rejects.toThrow(words);
    expect(await connection.send(["EXISTS", `${prefix}room:{four}:limit`])).toBe(0);
  });

  test("operations after the list was returned are refused, not forgotten", async () => {
    let kept: RoomTransaction | undefined;
    await room("five").transaction((tx) => {
      kept = tx;
      return [tx.limits.set(1)];
    });
    expect(() => kept!.limits.set(2)).toThrow("limits.set was called when the transaction had already been built");
    await expect(
      room("five").transaction((async (tx: RoomTransaction) => [tx.limits.set(3)]) as never),
    ).rejects.toThrow("did not return a list");
    expect(await connection.send(["GET", `${prefix}room:{five}:limit`])).toBe("1");
  });

  test("a failing operation does not hide the others", async () => {
    await connection.send(["RPUSH", `${prefix}room:{six}:limit`, "x"]);
    const error = await room("six")
      .transaction((tx) => [tx.seats.set({ seat: "a" }, 1), tx.limits.get()])
      .catch((reason: unknown) => reason as TransactionError);
    expect(error).toMatchObject({ code: "transaction", family: "room" });
    expect((error as TransactionError).outcomes).toMatchObject([
      { ok: true },
      { ok: false, error: { code: "wrong-type", family: "limits", operation: "get" } },
    ]);
  });

  test("operations that the service may not use are not there", async () => {
    const reading = room("seven", ValueRepository.writes);
    let offered: string[] = [];
    await reading.transaction((tx) => {
      offered = Object.keys(tx.limits);
      return [tx.limits.get()];
    });
    expect(offered).toContain("get");
    for (const operation of ValueRepository.writes) expect(offered).not.toContain(operation);
  });
});

test("operations that a kind inherits from another are offered too", async () => {
  class Further extends ValuePlans<number> {}
  class FurtherLimits extends Limits {
    override readonly plans: Further;
    constructor(runtime: Runtime) {
      super(runtime);
      this.plans = new Further(runtime, this.family);
    }
  }
  const connection = await topologies[0]!.connect();
  const runtime = new Runtime(connection.client as never, ["default"], { prefix: uniquePrefix() });
  const repository = new FurtherLimits(runtime);
  const members = { limits: { repository: repository as never, whole: true, forbidden: new Set<string>() } };
  const scope = new Scope<RoomTransaction>("room", { roomId: "a" }, members, runtime.store(repository.family).executor);
  expect(await scope.transaction((tx) => [tx.limits.get()])).toEqual([null]);
  await connection.close();
});
