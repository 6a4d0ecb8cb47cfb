/**
 * `handoff`, by a number that is counted, swapped, taken and deleted, and by a token: whatever reads, modifies and writes is
 * as one after the other.
 *
 * @module
 */
import { z } from "zod";
import { type CounterFamily, CounterPlans } from "../../../src/repositories/counter.js";
import { type TokenFamily, TokenPlans } from "../../../src/repositories/token-plans.js";
import { type ValueFamily, ValuePlans } from "../../../src/repositories/value-plans.js";
import { AlreadyExistsError } from "../../../src/runtime/errors.js";
import { markKey } from "../../../src/runtime/moves/mark-key.js";
import { compileCodec } from "../../../src/schema/values/codec.js";
import type { Draw } from "../draw.js";
import type { Entry } from "./history.js";
import type { Client, Control, Gate, KeyState, MoveCase, Operation } from "./move-case.js";
import { runtimeOfPlans, usual } from "./plans.js";
import { type Applied, checkSerial } from "./serial.js";

const ttl = 600_000;
const day = 86_400_000;
const text = compileCodec<string>(z.string(), "string");
const keys = [{ to: "seat:{<id:text>}", from: "seats:<id:text>", prefixAt: { to: 0, from: 0 } }] as const;

function gate(from: string, to: string): Gate | undefined {
  // Nobody looks at the old keys any more; or whoever looks at them first must find a seal where only the new ones are.
  if (from === "promote" && (to === "new" || to === "follow")) return { fill: true };
  if (from === "follow" && to === "legacy") return { may: hasNoSeal };
  return undefined;
}

async function hasNoSeal({ unit, send }: KeyState): Promise<boolean> {
  return (await send(["EXISTS", markKey(unit.old[0] as string)])) === 0;
}

/** Seals hold their state only while it goes over, and a place is at one side. */
async function sides({ unit, send }: KeyState): Promise<string[]> {
  const [old, own] = [unit.old[0] as string, unit.new[0] as string];
  const there = async (key: string) => (await send(["EXISTS", key])) === 1;
  const found: string[] = [];
  if ((await there(markKey(old))) && (await there(old))) found.push("the old key is there beside its seal");
  if ((await there(old)) && (await there(own))) found.push("the old and the new key are both there");
  return found;
}

const controls: readonly Control[] = [
  { phases: ["legacy", "promote"], because: "legacy writes beside the seal" },
  { phases: ["legacy", "new"], because: "each has a key of its own" },
  { phases: ["follow", "new"], because: "new does not seal what follow still uses" },
];

const numberFamily: ValueFamily<string> = {
  ...usual,
  name: "seat",
  kind: "value",
  pattern: "seat:{<id:text>}",
  ttl: { kind: "fixed", ms: ttl },
  overwrite: "restart",
  undecodable: "throw",
  value: text,
};
const counterFamily: CounterFamily = {
  ...usual,
  name: "seat",
  kind: "counter",
  pattern: numberFamily.pattern,
  ttl: numberFamily.ttl,
};
const values = new ValuePlans<string>(runtimeOfPlans, numberFamily);
const counters = new CounterPlans(runtimeOfPlans, counterFamily);

interface Data {
  readonly does: "get" | "set" | "setIfAbsent" | "compareAndSet" | "take" | "delete" | "increment";
  readonly value?: string;
  readonly expected?: string;
}

/** What its last operation found, which a compareAndSet expects. */
interface Memory {
  last: string;
}

function read(client: Client): Operation<Data> {
  return { name: "get", data: { does: "get" }, steps: () => client.run(values.get(client.key)) };
}

function operation(client: Client<Memory>, draw: Draw, fresh: number): Operation<Data> {
  const { key, memory } = client;
  // Far from each other, so that increments do not meet.
  const value = String(fresh * 1000);
  switch (draw.int(0, 11)) {
    case 0:
    case 1:
    case 2:
      return {
        name: "increment",
        data: { does: "increment" },
        *steps() {
          return String((yield* client.run(counters.increment(key))).value);
        },
        answered(result) {
          memory.last = result as string;
        },
      };
    case 3:
    case 4:
      return {
        name: `setIfAbsent ${value}`,
        data: { does: "setIfAbsent", value },
        steps: () => client.run(values.setIfAbsent(key, value)),
      };
    case 5:
    case 6: {
      const expected = memory.last;
      return {
        name: `compareAndSet ${expected} ${value}`,
        data: { does: "compareAndSet", expected, value },
        steps: () => client.run(values.compareAndSet(key, expected, value)),
      };
    }
    case 7:
      return {
        name: `set ${value}`,
        data: { does: "set", value },
        steps: () => client.run(values.set(key, value)),
        answered() {
          memory.last = value;
        },
      };
    case 8:
      return { name: "take", data: { does: "take" }, steps: () => client.run(values.take(key)) };
    case 9:
      return { name: "delete", data: { does: "delete" }, steps: () => client.run(values.delete(key)) };
    default:
      return {
        ...read(client),
        answered(result) {
          memory.last = (result as string | null) ?? "0";
        },
      };
  }
}

function applied(state: string | null, { data }: Entry<Data>): Applied<string | null> {
  const { does, value = null, expected } = data;
  switch (does) {
    case "get":
      return { state, result: state };
    case "set":
      return { state: value, result: undefined };
    case "setIfAbsent":
      return { state: state ?? value, result: state === null };
    case "compareAndSet":
      return state === expected ? { state: value, result: true } : { state, result: false };
    case "take":
      return { state: null, result: state };
    case "delete":
      return { state: null, result: state !== null };
    case "increment": {
      const sum = String(Number(state ?? 0) + 1);
      return { state: sum, result: sum };
    }
  }
}

export const handoff: MoveCase<Data, Memory> = {
  strategy: "handoff",
  family: numberFamily,
  uses: "every",
  keys,
  keyOf: (place) => `seat:{${place}}`,
  memory: () => ({ last: "0" }),
  operation,
  probe: read,
  gate,
  check: (history) => checkSerial<Data, string | null>(history, null, applied),
  final: sides,
  controls,
};

const tokenFamily: TokenFamily<never, string> = {
  ...usual,
  name: "seat",
  kind: "token",
  pattern: numberFamily.pattern,
  ttl: { kind: "upTo", ms: 2 * day },
  current: undefined,
  value: text,
};
const tokens = new TokenPlans<string, "perCall">(runtimeOfPlans, tokenFamily);

interface TokenData {
  readonly does: "issue" | "consume" | "peek" | "revoke";
  readonly value?: string;
}

/** A token says when it expires, so that everybody can tell whether it does: after all schedules, however many. */
const issuedAt = Date.now() + day;
const keysOf = (key: string) => ({ key, pointer: undefined, token: "" });

function peek(client: Client): Operation<TokenData> {
  return { name: "peek", data: { does: "peek" }, steps: () => client.run(tokens.peek(keysOf(client.key))) };
}

function tokenOperation(client: Client, draw: Draw, fresh: number): Operation<TokenData> {
  const at = keysOf(client.key);
  const expiresAt = issuedAt + fresh;
  const value = String(expiresAt);
  switch (draw.int(0, 6)) {
    case 0:
    case 1:
      return {
        name: `issue ${value}`,
        data: { does: "issue", value },
        *steps() {
          try {
            yield* client.run(tokens.issue(at, value, { expiresAt }));
            return true;
          } catch (error) {
            if (error instanceof AlreadyExistsError) return false;
            throw error;
          }
        },
      };
    case 2:
    case 3:
      return { name: "consume", data: { does: "consume" }, steps: () => client.run(tokens.consume(at)) };
    case 4:
      return { name: "revoke", data: { does: "revoke" }, steps: () => client.run(tokens.revoke(at)) };
    default:
      return peek(client);
  }
}

function tokenApplied(state: string | null, { data }: Entry<TokenData>): Applied<string | null> {
  const { does, value = null } = data;
  switch (does) {
    case "issue":
      return { state: state ?? value, result: state === null };
    case "consume":
      return { state: null, result: state };
    case "revoke":
      return { state: null, result: state !== null };
    case "peek":
      return { state, result: state };
  }
}

export const handoffOfTokens: MoveCase<TokenData> = {
  strategy: "handoff",
  name: "handoff of tokens",
  family: tokenFamily,
  uses: "every",
  keys,
  keyOf: (place) => `seat:{${place}}`,
  operation: tokenOperation,
  probe: peek,
  gate,
  check: (history) => checkSerial<TokenData, string | null>(history, null, tokenApplied),
  async final(state) {
    const found = await sides(state);
    for (const key of [state.unit.old[0], state.unit.new[0]] as string[]) {
      const [value, at] = [await state.send(["GET", key]), await state.send(["PEXPIRETIME", key])];
      if (value !== null && Number(value) !== at) found.push(`${key} expires at ${at}, and was to at ${value}`);
    }
    return found;
  },
  controls,
};
