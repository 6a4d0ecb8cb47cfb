import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TtlBy } from "../../../src/repositories/repository.js";
import { type TokenFamily, TokenRepository } from "../../../src/repositories/token.js";
import { AlreadyExistsError, MisuseError, UndecodableValueError } from "../../../src/runtime/errors.js";
import { consume } from "../../../src/runtime/moves/consume.js";
import type { Plan } from "../../../src/runtime/plan.js";
import type { Runtime } from "../../../src/runtime/runtime.js";
import { sha256 } from "../../../src/schema/patterns/encode.js";
import { keySlot } from "../../../src/schema/patterns/slot.js";
import { type Grant, type InviteKey, inviteFamily } from "../../repositories/token-families.js";
import { sentCommands } from "../../setup/sent-commands.js";
import { type Connection, uniquePrefix } from "../../setup/topologies.js";
import { recordEvents } from "../support.js";
import { instance, movedFrom, moveOf, places } from "./moving.js";

const [from, to] = ["verify:<token:sha256>", "invite:{<token:sha256>}"];
const phases = ["legacy", "mirror", "both", "flipped", "new"];
const neighbours = phases.flatMap((phase, i) => [
  [phase, phase] as const,
  ...(i === 0 ? [] : [[phases[i - 1] as string, phase] as const, [phase, phases[i - 1] as string] as const]),
]);

class Invites<E extends TtlBy = "fixed"> extends TokenRepository<InviteKey, Grant, never, E> {
  constructor(runtime: Runtime, phase: string, more: Partial<TokenFamily<InviteKey, Grant>> = {}) {
    const moved = movedFrom(from, to, "consume", phase);
    const family = { ...inviteFamily, pattern: to, tagged: true, moved, ...more };
    super(runtime, family, (k) => `invite:{${sha256(k.token, "token")}}`);
  }
}

const ann: Grant = { userId: "ann", at: new Date(1_700_000_000_000) };
let tokens = 0;
const token = (): InviteKey => ({ token: `t${++tokens}` });

describe.each(places)("tokens that move, on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let instances: Runtime[];

  beforeAll(async () => {
    connection = await topology.connect();
    instances = [1, 2].map(() => instance(connection, { prefix }));
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const first = (phase: string, more?: Partial<TokenFamily<InviteKey, Grant>>) =>
    new Invites(instances[0] as Runtime, phase, more);
  const second = (phase: string, more?: Partial<TokenFamily<InviteKey, Grant>>) =>
    new Invites(instances[1] as Runtime, phase, more);
  const oldKey = (key: InviteKey) => `${prefix}verify:${sha256(key.token, "token")}`;
  const newKey = (key: InviteKey) => `${prefix}invite:{${sha256(key.token, "token")}}`;
  const ends = (key: InviteKey) =>
    Promise.all([oldKey(key), newKey(key)].map((name) => connection.send(["PEXPIRETIME", name]) as Promise<number>));

  test.each(neighbours)("what %s issues %s consumes, once, and nobody after it", async (issuer, consumer) => {
    // Tokens that legacy issued are at the old key alone: the gate before both lets them expire.
    const key = token();
    expect(keySlot(oldKey(key))).not.toBe(keySlot(newKey(key)));
    await first(issuer).issue(key, ann);
    expect(await second(consumer).peek(key)).toEqual(ann);
    expect(await second(consumer).consume(key)).toEqual(ann);
    expect(await second(consumer).consume(key)).toBeNull();
    expect(await first(issuer).peek(key)).toBeNull();
    expect(await first(issuer).consume(key)).toBeNull();
  });

  test("an issue of flipped that finds its token at the new key is published, as it is counted", async () => {
    const key = token();
    await first("new").issue(key, ann);
    const recorded = recordEvents();
    await expect(second("flipped").issue(key, ann)).rejects.toThrow(AlreadyExistsError);
    recorded.stop();
    expect(recorded.events.filter(({ type }) => type === "join-lost")).toHaveLength(1);
  });

  test.each(neighbours)("of many consumers of %s and of %s one wins", async (a, b) => {
    const key = token();
    // What the later phase issues both may consume; of mirror, which legacy does not know of, the earlier too.
    await first(phases.indexOf(a) < phases.indexOf(b) ? a : b).issue(key, ann);
    const found = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? first(a) : second(b)).consume(key)),
    );
    expect(found.filter((one) => one !== null)).toEqual([ann]);
  });

  test.each(["mirror", "both", "flipped"])("M4 in %s both keys get the same deadline", async (phase) => {
    const [plain, until, soon] = [token(), token(), token()];
    await first(phase).issue(plain, ann);
    const end = Date.now() + 5000;
    await first(phase).issue(until, ann, { notBeyond: end });
    const perCall = new Invites<"perCall">(instances[0] as Runtime, phase, { ttl: { kind: "upTo", ms: 60_000 } });
    await perCall.issue(soon, ann, { expiresAt: end });
    for (const key of [plain, until, soon]) {
      const [old, its] = await ends(key);
      expect(old).toBeGreaterThan(0);
      expect(its).toBe(old);
    }
    expect(await ends(until)).toEqual([end, end]);
    expect(await ends(soon)).toEqual([end, end]);
  });

  test.each(["mirror", "both", "flipped"])(
    "in %s a revoke ends both, and a key that is taken is told",
    async (phase) => {
      const key = token();
      const invites = first(phase);
      await invites.issue(key, ann);
      await expect(second(phase).issue(key, { userId: "ben" })).rejects.toBeInstanceOf(AlreadyExistsError);
      expect(await invites.peek(key)).toEqual(ann);
      expect(await invites.revoke(key)).toBe(true);
      expect(await invites.revoke(key)).toBe(false);
      expect(await ends(key)).toEqual([-2, -2]);
    },
  );

  test("a deadline that has passed is refused before anything is stored", async () => {
    const key = token();
    await expect(first("both").issue(key, ann, { notBeyond: 1000 })).rejects.toMatchObject({ field: "notBeyond" });
    expect(await ends(key)).toEqual([-2, -2]);
  });

  test("in flipped a token of a neighbour keeps its key: the issue takes its own back", async () => {
    const key = token();
    await second("new").issue(key, ann);
    await expect(first("flipped").issue(key, { userId: "ben" })).rejects.toBeInstanceOf(AlreadyExistsError);
    expect((await ends(key))[0]).toBe(-2);
    expect(await first("flipped").consume(key)).toEqual(ann);
  });

  test("in mirror and both the rest of a consumed token is replaced", async () => {
    for (const phase of ["mirror", "both"]) {
      const key = token();
      await first("mirror").issue(key, ann);
      await second("legacy").consume(key);
      expect((await ends(key))[1]).toBeGreaterThan(0);
      expect(await first(phase).consume(key)).toBeNull();
      await first(phase).issue(key, { userId: "ben" });
      expect(await first(phase).consume(key)).toEqual({ userId: "ben" });
      expect(await ends(key)).toEqual([-2, -2]);
    }
  });

  test("a token that cannot be read is consumed at both keys, and told", async () => {
    for (const phase of ["mirror", "both", "flipped"]) {
      const key = token();
      for (const name of [oldKey(key), newKey(key)]) await connection.send(["SET", name, "no grant", "PX", "60000"]);
      await expect(first(phase).consume(key)).rejects.toBeInstanceOf(UndecodableValueError);
      expect(await ends(key)).toEqual([-2, -2]);
    }
  });

  test("values with a version: what a newer schema stored stays at both keys", async () => {
    const upgrades = {} as never;
    for (const phase of ["mirror", "both", "flipped"]) {
      const key = token();
      await first(phase, { version: 1, upgrades }).issue(key, ann);
      expect(await second(phase, { version: 1, upgrades }).peek(key)).toEqual(ann);
      expect(await second(phase, { version: 1, upgrades }).consume(key)).toEqual(ann);
      expect(await ends(key)).toEqual([-2, -2]);
      const later = token();
      await first(phase, { version: 3, upgrades }).issue(later, ann);
      await expect(second(phase, { version: 2, upgrades }).consume(later)).rejects.toBeInstanceOf(
        UndecodableValueError,
      );
      expect(await first(phase, { version: 3, upgrades }).consume(later)).toEqual(ann);
    }
  });

  test("a consumer that dies between the keys leaves nothing that its own phase consumes", async () => {
    for (const phase of ["mirror", "both"]) {
      const key = token();
      await first(phase).issue(key, ann);
      const invites = first(phase);
      const steps = consume.steps(
        moveOf(invites, instances[0] as Runtime),
        invites.plans.consume(invites.keysFor(key, "consume")),
      );
      await (instances[0] as Runtime).store(invites.family).executor.run(steps.next().value as Plan<unknown>);
      expect((await ends(key))[1]).toBeGreaterThan(0);
      expect(await second(phase).consume(key)).toBeNull();
    }
  });

  test("rotate has no place in the strategy, and is refused before anything is sent", async () => {
    const key = token();
    await first("both").issue(key, ann);
    await expect(first("both").rotate(key, token())).rejects.toBeInstanceOf(MisuseError);
    expect(await first("both").consume(key)).toEqual(ann);
  });

  test("the commands of each phase, the old key first", async () => {
    const commands = async (phase: string, act: (invites: Invites) => Promise<unknown>) => {
      const sent = await sentCommands(topology, prefix, () => act(first(phase)));
      // A Cluster's servers do not tell which of them was first.
      return sent.map(([name, key]) => `${name} ${key?.startsWith(`${prefix}verify`) ? "O" : "N"}`).sort();
    };
    const none = token();
    expect(await commands("mirror", (invites) => invites.consume(none))).toEqual(["GETDEL O"]);
    expect(await commands("both", (invites) => invites.consume(none))).toEqual(["GETDEL O"]);
    expect(await commands("flipped", (invites) => invites.consume(none))).toEqual(["GETDEL N", "GETDEL O"]);
    expect(await commands("new", (invites) => invites.consume(none))).toEqual(["GETDEL N"]);
    expect(await commands("both", (invites) => invites.peek(none))).toEqual(["GET O"]);
    expect(await commands("flipped", (invites) => invites.peek(none))).toEqual(["GET N"]);
    expect(await commands("both", (invites) => invites.revoke(none))).toEqual(["DEL N", "DEL O"]);
  });
});
