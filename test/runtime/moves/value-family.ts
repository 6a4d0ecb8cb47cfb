/** Families of the kinds that move by `value`, for tests: repositories and steps of any phase, on one client. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { MovedFamily } from "../../../src/repositories/moving.js";
import type { TtlBy } from "../../../src/repositories/repository.js";
import { type SessionFamily, SessionRepository } from "../../../src/repositories/session.js";
import { type ValueFamily, ValueRepository } from "../../../src/repositories/value.js";
import { Move, type MoveCounts, type Unit } from "../../../src/runtime/moves/move.js";
import type { Steps } from "../../../src/runtime/moves/steps.js";
import { value } from "../../../src/runtime/moves/value.js";
import type { Plan } from "../../../src/runtime/plan.js";
import { Runtime } from "../../../src/runtime/runtime.js";
import { movesOfKinds, Twins } from "../../../src/schema/moves/index.js";
import { str } from "../../../src/schema/patterns/encode.js";
import { type Codec, compileCodec } from "../../../src/schema/values/codec.js";
import type { TopologyClient } from "../../setup/topologies.js";

export interface Key {
  readonly id: string;
}

export const phases = ["legacy", "mirror", "flipped", "settled", "new"] as const;
export type Phase = (typeof phases)[number];
/** Each phase with itself and with the next. */
export const neighbours = phases.flatMap((phase, at) => phases.slice(at, at + 2).map((next) => [phase, next] as const));

export const hour = 3_600_000;
export const markTtl = 30 * 24 * hour;

/** From an untagged key to a tagged one, in another slot. */
const keys = (name: string): MovedFamily["keys"] => [
  { to: `{${name}:<id>}:value`, from: `old:${name}:<id>`, prefixAt: { to: 0, from: 0 } },
];

export const oldKey = (prefix: string, name: string, id: string) => `${prefix}old:${name}:${id}`;
export const newKey = (prefix: string, name: string, id: string) => `${prefix}{${name}:${id}}:value`;

const movedIn = (name: string, phase: Phase): MovedFamily => ({ strategy: "value", phase, keys: keys(name), markTtl });

const common = (name: string, phase: Phase) => ({
  name,
  pattern: `{${name}:<id>}:value`,
  store: "default",
  tier: "R3" as const,
  deadline: 10_000,
  retries: 0,
  tagged: true,
  moved: movedIn(name, phase),
});

export class Values<V, T extends TtlBy = "fixed"> extends ValueRepository<Key, V, T> {
  constructor(runtime: Runtime, family: ValueFamily<V>) {
    super(runtime, family, (k) => `{${family.name}:${str(k.id, "id")}}:value`);
  }
}

export class Sessions extends SessionRepository<Key, { readonly user: string }> {
  constructor(runtime: Runtime, family: SessionFamily<{ readonly user: string }>) {
    super(runtime, family, (k) => `{${family.name}:${str(k.id, "id")}}:value`);
  }
}

export const text = compileCodec(z.string(), "json");

export function valueFamily<V>(phase: Phase, codec: Codec<V>, more: Partial<ValueFamily<V>> = {}): ValueFamily<V> {
  return {
    ...common("thing", phase),
    kind: "value",
    ttl: { kind: "fixed", ms: hour },
    overwrite: "restart",
    undecodable: "throw",
    value: codec,
    ...more,
  };
}

export function sessionFamily(phase: Phase): SessionFamily<{ readonly user: string }> {
  return {
    ...common("login", phase),
    kind: "session",
    ttl: { kind: "sliding", ms: hour, max: 24 * hour },
    owners: undefined,
    value: compileCodec(z.object({ user: z.string() }), "json"),
  };
}

/** One instance of a service: its own runtime, so its own stamps and counts. */
export function instance(client: TopologyClient, prefix: string) {
  const runtime = new Runtime(client as never, ["default"], { prefix });
  return {
    runtime,
    values: (phase: Phase, more: Partial<ValueFamily<string>> = {}) =>
      new Values(runtime, valueFamily(phase, text, more)),
    sessions: (phase: Phase) => new Sessions(runtime, sessionFamily(phase)),
    counts: (family = "thing"): MoveCounts => runtime.moving.get(family)!.counts,
  };
}

/** The steps of one instance, to be run one by one. */
export function stepper(client: TopologyClient, prefix: string, phase: Phase, of: "thing" | "login" = "thing") {
  const runtime = new Runtime(client as never, ["default"], { prefix });
  const family = of === "thing" ? valueFamily(phase, text) : sessionFamily(phase);
  const uses = movesOfKinds[family.kind]!.value!;
  const counts: MoveCounts = { oldReads: 0, mirrorFailures: 0, lostJoins: 0 };
  const id = randomBytes(4).toString("hex");
  const move = new Move(family, { phase, markTtl }, uses, new Twins(keys(of), prefix), id, counts);
  const unit = (key: string): Unit => ({ old: [oldKey(prefix, of, key)], new: [newKey(prefix, of, key)] });
  const { executor } = runtime.store(family);
  return {
    move,
    counts,
    steps: <T>(plan: Plan<T>) => value.steps(move, plan),
    fill: (key: string) => value.fill(move, unit(key)),
    /** Runs so many of the steps, all where it is left out; undefined where they have not ended. */
    async run<T>(steps: Steps<T>, count = Number.POSITIVE_INFINITY): Promise<T | undefined> {
      let next = steps.next();
      for (let done = 0; next.done !== true; done += 1) {
        if (done === count) return undefined;
        next = steps.next(await executor.run(next.value));
      }
      return next.value;
    },
    /** Runs one further step of what has begun. */
    async start<T>(steps: Steps<T>) {
      let next = steps.next();
      return {
        async step(): Promise<boolean> {
          if (next.done !== true) next = steps.next(await executor.run(next.value));
          return next.done === true;
        },
        async rest(): Promise<T> {
          while (next.done !== true) next = steps.next(await executor.run(next.value));
          return next.value;
        },
      };
    },
  };
}
