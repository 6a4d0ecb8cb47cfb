/** Families of every kind that moves by handoff, from keys without a tag to keys with one, as instances of each phase. */
import { z } from "zod";
import { CappedListRepository, type History } from "../../../src/repositories/capped-list.js";
import { CounterRepository } from "../../../src/repositories/counter.js";
import { GeoIndexRepository } from "../../../src/repositories/geo-index.js";
import { PresenceRepository, SubjectPresenceRepository } from "../../../src/repositories/presence.js";
import { SessionRepository } from "../../../src/repositories/session.js";
import { CodeRepository, TokenRepository } from "../../../src/repositories/token.js";
import { ValueRepository } from "../../../src/repositories/value.js";
import type { Family } from "../../../src/runtime/family.js";
import { handoff } from "../../../src/runtime/moves/handoff.js";
import { type FillOutcome, Move } from "../../../src/runtime/moves/move.js";
import type { Plan } from "../../../src/runtime/plan.js";
import { Runtime } from "../../../src/runtime/runtime.js";
import { type MovedPattern, Twins } from "../../../src/schema/moves/index.js";
import { bytes } from "../../../src/schema/values/bytes.js";
import { type Codec, compileCodec } from "../../../src/schema/values/codec.js";
import type { TopologyClient } from "../../setup/topologies.js";

export type Phase = "legacy" | "follow" | "promote" | "new";
export const phases: readonly Phase[] = ["legacy", "follow", "promote", "new"];

export interface Id {
  readonly id: string;
}

export const text = compileCodec<string>(z.string(), "string");
const binary = compileCodec(bytes(), "bytes");
const minute = 60_000;
const markTtl = 30 * 24 * 60 * minute;

/** What moves of a kind: its own key, and its companions, which lie behind the old key, or behind the new one's tag. */
export function movedPatterns(name: string, ...companions: readonly string[]): MovedPattern[] {
  const own: MovedPattern = { from: `old:${name}:<id>`, to: `new:${name}:{<id>}`, prefixAt: { from: 0, to: 0 } };
  const beside = companions.map((companion): MovedPattern => {
    const [from, to] = [`{old:${name}:<id>}:${companion}`, `new:${name}:{<id>}:${companion}`];
    return { companion, from, to, prefixAt: { from: 1, to: 0 } };
  });
  return [own, ...beside];
}

const companions: Readonly<Record<string, readonly string[]>> = {
  code: ["attempts", "cooldown"],
  room: ["devices"],
  places: ["ends"],
  history: ["fill"],
};

/** The repositories of one instance in a phase. */
export function instance(client: TopologyClient, prefix: string, phase: Phase) {
  const runtime = new Runtime(client as never, ["default"], { prefix });
  const common = (name: string) => ({
    name,
    pattern: `new:${name}:{<id>}`,
    store: "default",
    tier: "R1" as const,
    deadline: 20_000,
    retries: 0,
    tagged: true,
    ttl: { kind: "fixed", ms: 30 * minute } as const,
    moved: { strategy: "handoff", phase, keys: movedPatterns(name, ...(companions[name] ?? [])), markTtl } as const,
  });
  const lasting = { kind: "persist", because: "a test of keys that have no TTL" } as const;
  const key = (name: string) => (k: Id) => `new:${name}:{${k.id}}`;
  const value = <V>(name: string, codec: Codec<V>) =>
    new ValueRepository<Id, V>(
      runtime,
      { ...common(name), kind: "value", overwrite: "restart", undecodable: "throw", value: codec },
      key(name),
    );
  const list = <H extends History>(name: string, history: H) =>
    new CappedListRepository<Id, string, H>(
      runtime,
      {
        ...common(name),
        kind: "cappedList",
        cap: 20_000,
        history,
        order: "newest-last",
        undecodable: "throw",
        fill: 10_000,
        item: text,
      },
      key(name),
    );
  return {
    runtime,
    value: value("value", text),
    blob: value("blob", binary as Codec<Uint8Array>),
    session: new SessionRepository<Id, { user: string }>(
      runtime,
      {
        ...common("session"),
        kind: "session",
        ttl: { kind: "sliding", ms: 10 * minute, max: 60 * minute },
        owners: undefined,
        value: compileCodec(z.object({ user: z.string() }), "superjson"),
      } as never,
      key("session"),
    ),
    token: new TokenRepository<Id, string>(
      runtime,
      { ...common("token"), kind: "token", current: undefined, value: text },
      key("token"),
    ),
    code: new CodeRepository<Id>(
      runtime,
      {
        ...common("code"),
        kind: "token",
        attempts: { max: 4, ttl: 20 * minute },
        cooldown: { for: 10 * minute },
        code: text,
      },
      key("code"),
    ),
    counter: new CounterRepository<Id>(runtime, { ...common("counter"), kind: "counter" }, key("counter")),
    total: new CounterRepository<Id>(runtime, { ...common("total"), kind: "counter", ttl: lasting }, key("total")),
    online: new SubjectPresenceRepository<Id>(
      runtime,
      { ...common("online"), kind: "presence", heartbeat: minute, grace: 2.5 * minute },
      key("online"),
    ),
    room: new PresenceRepository<Id>(
      runtime,
      { ...common("room"), kind: "presence", heartbeat: minute, grace: 2.5 * minute, devices: true, member: text },
      key("room"),
    ),
    log: list("log", "recent"),
    history: list("history", "whole"),
    places: new GeoIndexRepository<Id>(
      runtime,
      { ...common("places"), kind: "geoIndex", expires: 20 * minute, member: text },
      key("places"),
    ),
    map: new GeoIndexRepository<Id>(
      runtime,
      { ...common("map"), kind: "geoIndex", ttl: lasting, expires: null, member: text },
      key("map"),
    ),
  };
}

export type Instance = ReturnType<typeof instance>;

/** A move as an instance of the phase has it. */
export function moveOf(family: Family, prefix: string, phase: Phase, client: string): Move {
  const twins = new Twins(movedPatterns(family.name, ...(companions[family.name] ?? [])), prefix);
  return new Move(family, { phase, markTtl }, "every", twins, client, { oldReads: 0, mirrorFailures: 0, lostJoins: 0 });
}

/** Fills one place; `steps` of the fill at most, as if the process ended then. */
export async function fill(
  { runtime }: Instance,
  family: Family,
  prefix: string,
  newKey: string,
  steps = Number.POSITIVE_INFINITY,
): Promise<FillOutcome | "crashed"> {
  const move = moveOf(family, prefix, "promote", runtime.instance);
  const unit = move.unitOf({ keys: [newKey], family, operation: "fill" } as unknown as Plan<unknown>);
  return drive(runtime, family, handoff.fill(move, unit), steps);
}

/** Runs steps, at most so many. */
export async function drive<T>(
  runtime: Runtime,
  family: Family,
  steps: Generator<Plan<unknown>, T, unknown>,
  most: number,
): Promise<T | "crashed"> {
  let next = steps.next();
  for (let i = 0; !next.done; i++) {
    if (i >= most) return "crashed";
    next = steps.next(await runtime.store(family).executor.run(next.value));
  }
  return next.value;
}
