import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import type { InTransaction } from "../../src/repositories/scope.js";
import { Scope } from "../../src/repositories/scope.js";
import { type ValueFamily, type ValuePlans, ValueRepository } from "../../src/repositories/value.js";
import { CrossSlotError } from "../../src/runtime/errors.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime, type Store } from "../../src/runtime/runtime.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { type CommandRecord, recordCommands } from "../../src/testing/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";
import { countBoth } from "./scripts-for-tests.js";
import { failure, family, hasOwnServers, reads, runs, writes } from "./support.js";

const topic: ValueFamily<string> = {
  ...family({ name: "roomTopic", pattern: "room:{<roomId>}:topic" }),
  kind: "value",
  tagged: true,
  ttl: { kind: "fixed", ms: 60_000 },
  overwrite: "restart",
  undecodable: "throw",
  value: compileCodec(z.string(), "string"),
};
interface RoomKey {
  readonly roomId: string;
}
class Topics extends ValueRepository<RoomKey, string> {
  constructor(runtime: Runtime) {
    super(runtime, topic, (key) => `room:{${key.roomId}}:topic`);
  }
}
interface RoomTransaction {
  // biome-ignore lint/complexity/noBannedTypes: no parameter is left open.
  readonly topics: InTransaction<ValuePlans<string>, {}>;
}

describe.each(topologies.filter(({ isCluster }) => isCluster))("keys of two slots on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  const [one, other] = [`${prefix}{one}:x`, `${prefix}{other}:x`];
  let connection: Connection;
  let store: Store;
  let records: CommandRecord[];
  const room = (roomId: string) => {
    const runtime = new Runtime(connection.client as never, ["default"], { prefix });
    const member = { repository: new Topics(runtime) as never, whole: true, forbidden: new Set<string>() };
    return new Scope<RoomTransaction>("room", { roomId }, { topics: member }, runtime.store(topic).executor);
  };
  /** Runs it, and tells what any primary has seen of our keys. */
  const seen = async (run: () => Promise<unknown>): Promise<string[][]> => {
    await Promise.all(records.map((record) => record.waitUntilQuiet()));
    for (const record of records) record.clear();
    await run();
    await Promise.all(records.map((record) => record.waitUntilQuiet()));
    const ours = (args: string[]) => args.some((word) => word.includes(prefix));
    return records.flatMap((record) => record.commands().filter(ours));
  };

  beforeAll(async () => {
    connection = await connect();
    store = new Runtime(connection.client as never, ["default"]).store(family());
    records = await Promise.all(inject("cluster")!.primaries.map((url) => recordCommands(url)));
  });
  afterAll(async () => {
    for (const record of records) await record.stop();
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  test("A23 a command or script of two tags is refused by us, and nothing is sent", async () => {
    const many: Plan<unknown> = { ...reads(["MGET", one, other]), keys: [one, other] };
    const removal: Plan<unknown> = { ...writes(["DEL", one, other]), keys: [one, other] };
    await connection.send(["SET", one, "1"], one);
    await connection.send(["SET", other, "2"], other);
    const sent = await seen(async () => {
      for (const plan of [many, removal, runs(countBoth, [one, other])]) {
        const error = await failure<CrossSlotError>(store.executor.run(plan));
        expect(error).toBeInstanceOf(CrossSlotError);
        expect(error).toMatchObject({ code: "cross-slot", mayHaveBeenApplied: false });
        expect(error.message).not.toContain(prefix);
      }
    });
    expect(sent).toEqual([]);
    expect(await connection.send(["GET", one], one)).toBe("1");
    expect(await connection.send(["GET", other], other)).toBe("2");
    // The same in one slot goes through, so it is the slots that were refused.
    const same = `${prefix}{one}:y`;
    expect(await seen(() => store.executor.run({ ...reads(["MGET", one, same]), keys: [one, same] }))).toHaveLength(1);
  });

  test("A23 in types: a scope's transaction takes no other scope's key", async () => {
    const written = await room("one").transaction((tx) => [tx.topics.set("first")]);
    expect(written).toEqual([undefined]);
    await failure(
      // @ts-expect-error the scope has fixed roomId: there is no key to give
      room("one").transaction((tx) => [tx.topics.set({ roomId: "other" }, "second")]),
    );
    expect(await connection.send(["EXISTS", `${prefix}room:{other}:topic`], `${prefix}room:{other}:topic`)).toBe(0);
    // What another scope's transaction built is refused too, although its type fits.
    let foreign: Plan<void> | undefined;
    await room("other").transaction((tx) => {
      foreign = tx.topics.set("theirs");
      return [foreign];
    });
    const error = await failure(room("one").transaction((tx) => [tx.topics.set("ours"), foreign as Plan<void>]));
    expect(error).toMatchObject({ code: "misuse" });
    const [found] = await room("one").transaction((tx) => [tx.topics.get()]);
    expect(found).toBe("first");
  });

  test("A24 a transaction over slots is refused by us, and nothing of it is written", async () => {
    const [x, y] = [`${prefix}{a24-one}:x`, `${prefix}{a24-other}:x`];
    const sent = await seen(async () => {
      const error = await failure(store.executor.transaction([writes(["SET", x, "1"]), writes(["SET", y, "2"])]));
      expect(error).toBeInstanceOf(CrossSlotError);
      expect(error.message).toContain("thing:<id>");
    });
    expect(sent).toEqual([]);
    expect(await connection.send(["GET", x], x)).toBeNull();
    expect(await connection.send(["GET", y], y)).toBeNull();
  });
});

test.skipIf(!hasOwnServers)(
  "A23 the Cluster itself is not asked for the proof: a single server refuses alike",
  async () => {
    const connection = await topologies[0]!.connect();
    const store = new Runtime(connection.client as never, ["default"]).store(family());
    const error = await failure(store.executor.transaction([writes(["SET", "{a}", "1"]), writes(["SET", "{b}", "2"])]));
    expect(error).toMatchObject({ code: "cross-slot" });
    await connection.close();
  },
);
