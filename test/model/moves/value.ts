/**
 * `value`, by a value and by a session: what was acknowledged last is found, what was deleted stays so.
 *
 * @module
 */
import { z } from "zod";
import { type SessionFamily, SessionPlans } from "../../../src/repositories/session.js";
import { type ValueFamily, ValuePlans } from "../../../src/repositories/value.js";
import { AlreadyExistsError } from "../../../src/runtime/errors.js";
import { value as strategy } from "../../../src/runtime/moves/value.js";
import type { Plan } from "../../../src/runtime/plan.js";
import { movesOfKinds } from "../../../src/schema/moves/index.js";
import { compileCodec } from "../../../src/schema/values/codec.js";
import type { Draw } from "../draw.js";
import { clocksApart } from "./clocks-apart.js";
import type { Entry, History } from "./history.js";
import type { Client, Control, Gate, KeyState, MoveCase, Operation } from "./move-case.js";
import { runtimeOfPlans, usual } from "./plans.js";
import { checkRegister, type RegisterUse } from "./register.js";

const ttl = 600_000;
const valueFamily: ValueFamily<string> = {
  ...usual,
  name: "note",
  kind: "value",
  pattern: "note:{<id:text>}",
  ttl: { kind: "fixed", ms: ttl },
  overwrite: "restart",
  undecodable: "throw",
  value: compileCodec(z.string(), "string"),
};
const sessionFamily: SessionFamily<string> = {
  ...usual,
  name: "login",
  kind: "session",
  pattern: "login:{<id:text>}",
  ttl: { kind: "sliding", ms: ttl, max: 100 * ttl },
  owners: undefined,
  value: compileCodec(z.string(), "json"),
};
const values = new ValuePlans(runtimeOfPlans, valueFamily);
const sessions = new SessionPlans(runtimeOfPlans, sessionFamily);

interface Data {
  readonly does: "read" | "write" | "create" | "replace" | "touch" | "readAndTouch" | "delete" | "refresh";
  readonly value?: string;
}

type Does = readonly [does: Data["does"], often: number, plan: (key: string, value: string) => Plan<unknown>];

const ofValues: readonly Does[] = [
  ["write", 3, (key, value) => values.set(key, value)],
  ["replace", 2, (key, value) => values.replace(key, value)],
  ["delete", 2, (key) => values.delete(key)],
  ["touch", 1, (key) => values.touch(key)],
  ["readAndTouch", 2, (key) => values.getAndTouch(key)],
  ["read", 2, (key) => values.get(key)],
];
const ofSessions: readonly Does[] = [
  ["create", 4, (key, value) => sessions.create(key, value)],
  ["replace", 2, (key, value) => sessions.save(key, value)],
  ["delete", 2, (key) => sessions.destroy(key)],
  ["touch", 1, (key) => sessions.touch(key)],
  ["readAndTouch", 2, (key) => sessions.loadAndTouch(key)],
  ["read", 2, (key) => sessions.load(key)],
];

function begun(client: Client, [does, , plan]: Does, fresh: number): Operation<Data> {
  const value = `v${fresh}`;
  const writes = does === "write" || does === "create" || does === "replace";
  return {
    name: writes ? `${does} ${value}` : does,
    data: writes ? { does, value } : { does },
    steps: () => client.run(plan(client.key, value)),
  };
}

function drawn(among: readonly Does[], client: Client, draw: Draw, fresh: number): Operation<Data> {
  return begun(client, draw.one(among.flatMap((each) => Array<Does>(each[1]).fill(each))), fresh);
}

/** What was found to be absent was not there; what changed only a value that was there says whether it was. */
function useOf({ data, outcome, result }: Entry<Data>): RegisterUse | undefined {
  const none = outcome === "answered" && (result === false || result === null);
  switch (data.does) {
    case "write":
    case "create":
      return { write: data.value as string };
    case "delete":
      return { write: null };
    case "replace":
      return none ? { read: null } : { write: data.value as string };
    case "touch":
      return none ? { read: null } : { refresh: true };
    case "refresh":
      return { refresh: true };
    default:
      return { read: typeof result === "string" ? result : null };
  }
}

/** A read that starts the TTL anew is both. */
function check({ entries, elapsed }: History<Data>): readonly string[] {
  const both = entries.flatMap((entry): Entry<Data>[] => {
    if (entry.data.does !== "readAndTouch" || (entry.outcome === "answered" && entry.result === null)) return [entry];
    return [entry, { ...entry, data: { does: "refresh" } }];
  });
  return checkRegister({ entries: both, elapsed }, useOf);
}

const written: ReadonlySet<string> = new Set(["mirror", "flipped", "settled"]);

/** Where all wrote to both keys, and none failed in between, both are the same. */
async function final({ unit, send }: KeyState, { entries }: History<Data>): Promise<readonly string[]> {
  if (!entries.every(({ phase, outcome }) => written.has(phase) && outcome !== "unknown")) return [];
  const of = (key: string) => Promise.all([send(["GET", key]), send(["PEXPIRETIME", key])]);
  const [old, to] = await Promise.all([of(unit.old[0] as string), of(unit.new[0] as string)]);
  const same = old[0] === to[0] && old[1] === to[1];
  return same ? [] : [`the old key has ${old.join(" until ")}, the new one ${to.join(" until ")}`];
}

/** What legacy has left at the old key alone is at the new one before anybody relies on it. */
function gate(from: string, to: string): Gate | undefined {
  return from === "mirror" && to === "flipped" ? { fill: true } : undefined;
}

const controls: readonly Control[] = [
  { phases: ["legacy", "flipped"], because: "legacy writes to the old key what flipped does not look for there" },
  { phases: ["legacy", "settled"], because: "legacy writes the old key alone" },
  { phases: ["legacy", "new"], because: "neither writes what the other reads" },
  { phases: ["mirror", "new"], because: "new writes the new key alone" },
];

const shared = { strategy: "value", gate, check, final, controls, ttl } as const;

export const value: MoveCase<Data> = {
  ...shared,
  name: "value",
  family: valueFamily,
  uses: movesOfKinds.value?.value ?? {},
  keys: [{ to: "note:{<id:text>}", from: "notes:<id:text>", prefixAt: { to: 0, from: 0 } }],
  keyOf: (place) => `note:{${place}}`,
  operation: (client, draw, fresh) => drawn(ofValues, client, draw, fresh),
  probe: (client, fresh) => begun(client, ofValues.at(-1) as Does, fresh),
};

export const session: MoveCase<Data> = {
  ...shared,
  name: "value: session",
  family: sessionFamily,
  uses: movesOfKinds.session?.value ?? {},
  keys: [{ to: "login:{<id:text>}", from: "logins:<id:text>", prefixAt: { to: 0, from: 0 } }],
  keyOf: (place) => `login:{${place}}`,
  operation: (client, draw, fresh) => drawn(ofSessions, client, draw, fresh),
  probe: (client, fresh) => begun(client, ofSessions.at(-1) as Does, fresh),
  refuses: (error) => error instanceof AlreadyExistsError,
};

/** Of two nodes whose clocks do not agree. */
export const valueClocksApart: MoveCase<Data> = {
  ...value,
  name: "value: clocks apart",
  moves: clocksApart(strategy, (key) => key.includes("note:")),
};
