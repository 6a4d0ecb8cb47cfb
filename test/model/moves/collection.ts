/**
 * `collection`, by a geographic index of three members: each of them is what was last acknowledged of it, and what was
 * removed stays so.
 *
 * @module
 */
import { z } from "zod";
import { type GeoIndexFamily, GeoIndexPlans, type Nearby } from "../../../src/repositories/geo-index-plans.js";
import { markKey } from "../../../src/runtime/moves/mark-key.js";
import { step } from "../../../src/runtime/moves/steps.js";
import { command, commandThat } from "../../../src/runtime/plan.js";
import { movesOfKinds } from "../../../src/schema/moves/index.js";
import { compileCodec } from "../../../src/schema/values/codec.js";
import type { Draw } from "../draw.js";
import type { Entry } from "./history.js";
import type { Client, Gate, KeyState, MoveCase, Operation } from "./move-case.js";
import { runtimeOfPlans, usual } from "./plans.js";
import { checkRegister, type RegisterUse } from "./register.js";

const members = ["ann", "bob", "cay"] as const;

const family: GeoIndexFamily = {
  ...usual,
  name: "map",
  kind: "geoIndex",
  pattern: "map:{<id:text>}",
  ttl: { kind: "fixed", ms: 600_000 },
  expires: null,
  member: compileCodec(z.string(), "string"),
};
const plans = new GeoIndexPlans(runtimeOfPlans, family);

interface Data {
  readonly does: "look" | "add" | "remove";
  readonly members: readonly string[];
  /** Of an add: where it is. */
  readonly place?: number;
}

/** Places lie on the equator, far enough apart to be told from each other as they come back. */
const at = (place: number) => ({ longitude: (place % 1700) / 10, latitude: 0 });

/** Where each member is. */
function look({ key, run }: Bound): Operation<Data> {
  const plan = plans.near(key, { longitude: 85, latitude: 0 }, { radius: 20_000, unit: "km" });
  return {
    name: "look",
    data: { does: "look", members },
    *steps() {
      const found: Nearby[] = yield* run(plan);
      return Object.fromEntries(found.map(({ member, longitude }) => [member, Math.round(longitude * 10)]));
    },
  };
}

type Bound = Pick<Client, "key"> & { run: Client["run"] };

/** Who is told that others were faster tries again. */
function bound(client: Client): Bound {
  return {
    key: client.key,
    *run(plan) {
      for (;;) {
        try {
          return yield* client.run(plan);
        } catch (error) {
          if ((error as { reply?: string }).reply !== "BUSY") throw error;
        }
      }
    },
  };
}

function operation(client: Client, draw: Draw, fresh: number): Operation<Data> {
  const { key, run } = bound(client);
  const member = draw.one(members);
  const place = fresh % 1700;
  switch (draw.int(0, 6)) {
    case 0:
    case 1:
      return {
        name: `add ${member} ${place}`,
        data: { does: "add", members: [member], place },
        steps: () => run(plans.add(key, member, at(place))),
      };
    case 2: {
      const all = members.map((each) => ({ member: each as string, ...at(place) }));
      return {
        name: `add all ${place}`,
        data: { does: "add", members, place },
        steps: () => run(plans.addMany(key, all)),
      };
    }
    case 3:
    case 4:
      return {
        name: `remove ${member}`,
        data: { does: "remove", members: [member] },
        steps: () => run(plans.remove(key, member)),
      };
    default:
      return look({ key, run });
  }
}

/** What an entry is to one of the members. */
function useOf(member: string, { data, result }: Entry<Data>): RegisterUse | undefined {
  if (!data.members.includes(member)) return undefined;
  switch (data.does) {
    case "look": {
      const found = (result as Record<string, number> | undefined)?.[member];
      return { read: found === undefined ? null : String(found) };
    }
    case "add":
      return { write: String(data.place) };
    case "remove":
      return { write: null };
  }
}

/** Takes the new key away, with its versions and its mark, before nobody keeps it up to date. */
const purge: Gate = {
  *steps({ unit }) {
    const key = unit.new[0] as string;
    const plan = command(family, "purge", key, ["DEL", key, markKey(key)], () => undefined, commandThat.writes);
    yield* step({ ...plan, keys: [key, markKey(key)] });
  },
};

/** Deadlines are the same where both sides have been written to. */
async function deadlines({ unit, send }: KeyState, entries: readonly Entry<Data>[]): Promise<string[]> {
  if (entries.some(({ outcome, phase }) => outcome === "unknown" || phase === "new" || phase === "legacy")) return [];
  const [old, own] = (await Promise.all(
    [unit.old[0], unit.new[0]].map((key) => send(["PEXPIRETIME", key as string])),
  )) as [number, number];
  return own > 0 && own !== old ? [`the deadlines differ by ${own - old} ms`] : [];
}

export const collection: MoveCase<Data> = {
  strategy: "collection",
  family,
  uses: movesOfKinds.geoIndex?.collection ?? {},
  keys: [{ to: "map:{<id:text>}", from: "maps:<id:text>", prefixAt: { to: 0, from: 0 } }],
  keyOf: (place) => `map:{${place}}`,
  operation,
  probe: (client) => look(bound(client)),
  gate(from, to) {
    if (from === "flipped" && to === "settled") return { fill: true };
    if (from === "mirror" && to === "legacy") return purge;
    return undefined;
  },
  check: (history) =>
    members.flatMap((member) =>
      checkRegister(history, (entry) => useOf(member, entry)).map((text) => `${member}: ${text}`),
    ),
  final: (state, { entries }) => deadlines(state, entries),
  controls: [
    { phases: ["legacy", "flipped"], because: "legacy changes the old key alone, and the new one is read" },
    { phases: ["legacy", "settled"], because: "legacy changes the old key alone, and the new one is read" },
    { phases: ["legacy", "new"], because: "each has a key of its own" },
    { phases: ["mirror", "settled"], because: "mirror changes the old key alone where nothing was filled" },
    { phases: ["mirror", "new"], because: "new changes the new key alone" },
    {
      phases: ["flipped", "new"],
      because: "new changes the new key alone, and flipped reads the old one until a fill",
    },
  ],
};
