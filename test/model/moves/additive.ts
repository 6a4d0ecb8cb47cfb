/**
 * `additive`, by a queue: what was written is claimed until it is acknowledged, is counted once, and is stranded nowhere.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Plan, scriptCall } from "../../../src/runtime/plan.js";
import type { Script } from "../../../src/runtime/script.js";
import type { Draw } from "../draw.js";
import type { Entry, History } from "./history.js";
import type { Client, KeyState, MoveCase, Operation } from "./move-case.js";
import { usual } from "./plans.js";

const family = { ...usual, name: "jobs", kind: "queue", pattern: "jobs:{<id:text>}" };

function script(name: string, body: string): Script {
  const source = `#!lua\n${body}`;
  return { name, source, sha1: createHash("sha1").update(source).digest("hex"), readOnly: false };
}

// KEYS: waiting, claimed, counted by item.
const write = script("model-write", "return redis.call('LPUSH', KEYS[1], ARGV[1])");
const claim = script(
  "model-claim",
  `local item = redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT')
-- Whoever had it may have died: it is given out again.
return item or redis.call('LMOVE', KEYS[2], KEYS[2], 'RIGHT', 'LEFT')`,
);
const ack = script(
  "model-ack",
  `local removed = redis.call('LREM', KEYS[2], 1, ARGV[1])
if removed == 1 then redis.call('HINCRBY', KEYS[3], ARGV[1], 1) end
return removed`,
);

interface Data {
  readonly does: "write" | "claim" | "ack";
  readonly item?: string;
}

interface Memory {
  held: string | null;
}

const asIs = (reply: unknown): unknown => reply;
const plan = (client: Client, does: Data["does"], by: Script, args: readonly string[]): Plan<unknown> =>
  scriptCall(family as never, does, by, client.unit.new, args as string[], asIs);

function claiming(client: Client<Memory>): Operation<Data> {
  return {
    name: "claim",
    data: { does: "claim" },
    steps: () => client.run(plan(client, "claim", claim, [])),
    answered(item) {
      client.memory.held = item as string | null;
    },
  };
}

function operation(client: Client<Memory>, draw: Draw, fresh: number): Operation<Data> {
  const { held } = client.memory;
  if (held !== null && !draw.oneIn(4)) {
    const steps = () => client.run(plan(client, "ack", ack, [held]));
    return { name: `ack ${held}`, data: { does: "ack", item: held }, steps };
  }
  if (!draw.oneIn(3)) return claiming(client);
  const item = `i${fresh}`;
  const steps = () => client.run(plan(client, "write", write, [item]));
  return { name: `write ${item}`, data: { does: "write", item }, steps };
}

function check({ entries }: History<Data>): string[] {
  const found: string[] = [];
  const some = entries.filter(({ outcome }) => outcome !== "nothing");
  const acks = some.filter(({ data }) => data.does === "ack");
  const counted = acks.filter(({ outcome, result }) => outcome === "answered" && result === 1);
  const tell = ({ name, client, phase, begin }: Entry) => `${name} of ${client} (${phase}) at ${begin}`;
  for (const entry of counted) {
    const again = counted.find((other) => other !== entry && other.data.item === entry.data.item);
    if (again !== undefined) found.push(`${tell(entry)} and ${tell(again)} both counted it`);
  }
  for (const entry of some.filter(({ data, outcome }) => data.does !== "write" && outcome === "answered")) {
    if (entry.data.does === "ack") {
      const others = acks.some((a) => a !== entry && a.data.item === entry.data.item && a.begin < entry.end);
      if (entry.result !== 1 && !others) found.push(`${tell(entry)} did not find what it had claimed`);
    } else if (entry.result === null) {
      const left = some.find(
        ({ data, outcome, end }) =>
          data.does === "write" &&
          outcome === "answered" &&
          end < entry.begin &&
          !acks.some((a) => a.data.item === data.item && a.begin < entry.end),
      );
      if (left !== undefined) found.push(`${tell(entry)} found nothing: ${left.data.item} is stranded`);
    } else {
      const ended = counted.find(({ data, end }) => data.item === entry.result && end < entry.begin);
      if (ended !== undefined) found.push(`${tell(entry)} got ${entry.result}, which ${tell(ended)} had counted`);
    }
  }
  return found;
}

/** Every item that was written waits at one key, or was counted once. */
async function sums({ unit, send }: KeyState, { entries }: History<Data>): Promise<string[]> {
  const times = new Map<string, number>();
  for (const keys of [unit.old, unit.new]) {
    const [waiting, claimed, counted] = keys as [string, string, string];
    const lists = [await send(["LRANGE", waiting, "0", "-1"]), await send(["LRANGE", claimed, "0", "-1"])];
    for (const item of lists.flat() as string[]) times.set(item, (times.get(item) ?? 0) + 1);
    for (const item of (await send(["HKEYS", counted])) as string[]) {
      const count = Number(await send(["HGET", counted, item]));
      times.set(item, (times.get(item) ?? 0) + count);
    }
  }
  return entries
    .filter(({ data, outcome }) => data.does === "write" && outcome !== "nothing")
    .filter(({ data, outcome }) => {
      const count = times.get(data.item as string) ?? 0;
      return outcome === "answered" ? count !== 1 : count > 1;
    })
    .map(({ name }) => `${name} is there ${times.get(name.slice(6)) ?? 0} times at the end`);
}

const isEmpty =
  (side: "old" | "new") =>
  async ({ unit, send }: KeyState): Promise<boolean> =>
    (await send(["EXISTS", ...unit[side].slice(0, 2)])) === 0;

export const additive: MoveCase<Data, Memory> = {
  strategy: "additive",
  family: family as never,
  uses: { write: "write", claim: "claim", ack: "ack" },
  keys: [
    { to: "jobs:{<id:text>}", from: "job_list:<id:text>", prefixAt: { to: 0, from: 0 } },
    ...["claimed", "counted"].map((companion) => ({
      companion,
      to: `jobs:{<id:text>}:${companion}`,
      from: `{job_list:<id:text>}:${companion}`,
      prefixAt: { to: 0, from: 1 } as const,
    })),
  ],
  keyOf: (place) => `jobs:{${place}}`,
  additive: { found: ({ operation }, result) => (operation === "ack" ? result === 1 : result !== null) },
  memory: () => ({ held: null }),
  operation,
  probe: claiming,
  gate(from, to) {
    if (from === "writeNew" && to === "new") return { may: isEmpty("old") };
    if (from === "readBoth" && to === "legacy") return { may: isEmpty("new") };
    return undefined;
  },
  check,
  final: sums,
  persists: () => true,
  controls: [
    { phases: ["legacy", "writeNew"], because: "legacy does not read what is written to the new key" },
    { phases: ["legacy", "new"], because: "each reads a key of its own" },
    { phases: ["readBoth", "new"], because: "new does not read what is written to the old key" },
  ],
};
