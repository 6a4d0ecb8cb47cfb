/**
 * `rebuildable`, by a cache: what was overwritten or invalidated is not found again.
 *
 * @module
 */
import { z } from "zod";
import { type CacheFamily, CachePlans } from "../../../src/repositories/cache-plans.js";
import { step } from "../../../src/runtime/moves/steps.js";
import { command, commandThat } from "../../../src/runtime/plan.js";
import { movesOfKinds } from "../../../src/schema/moves/index.js";
import { compileCodec } from "../../../src/schema/values/codec.js";
import type { Draw } from "../draw.js";
import type { Entry } from "./history.js";
import type { Client, Gate, MoveCase, Operation } from "./move-case.js";
import { runtimeOfPlans, usual } from "./plans.js";
import { checkRegister, type RegisterUse } from "./register.js";

const ttl = 600_000;
const family: CacheFamily<string> = {
  ...usual,
  name: "page",
  kind: "cache",
  pattern: "page:{<id:text>}",
  ttl: { kind: "fixed", ms: ttl },
  loader: { deadline: 1000 },
  value: compileCodec(z.string(), "string"),
};
const { steps: plans } = new CachePlans(runtimeOfPlans, family);

interface Data {
  readonly does: "get" | "set" | "fill" | "invalidate";
  readonly value?: string;
}

function get({ key, run }: Bound): Operation<Data> {
  return { name: "get", data: { does: "get" }, steps: () => run(plans.get(key, "get")) };
}

type Bound = Pick<Client, "key"> & { run: Client["run"] };
const bound = (client: Client): Bound => ({ key: client.key, run: (plan) => client.run(plan) });

function operation(client: Client, draw: Draw, fresh: number): Operation<Data> {
  const { key, run } = bound(client);
  const value = `v${fresh}`;
  switch (draw.int(0, 7)) {
    case 0:
    case 1:
    case 2:
      return { name: `set ${value}`, data: { does: "set", value }, steps: () => run(plans.set(key, "set", value)) };
    case 3:
      return {
        name: `fill ${value}`,
        data: { does: "fill", value },
        steps: () => run(plans.fill(key, "fetch", value, undefined)),
      };
    case 4:
    case 5:
      return {
        name: "invalidate",
        data: { does: "invalidate" },
        steps: () => run(plans.remove(key, "invalidate")),
      };
    default:
      return get({ key, run });
  }
}

function useOf({ data, outcome, result }: Entry<Data>): RegisterUse | undefined {
  switch (data.does) {
    case "set":
      return { write: data.value as string };
    case "fill":
      return outcome === "answered" && result === false ? undefined : { add: data.value as string };
    case "invalidate":
      return { write: null };
    case "get":
      return { read: typeof result === "string" ? result : null };
  }
}

/** Deletes the keys of one side. */
function purge(side: "old" | "new"): Gate {
  return {
    *steps({ unit }) {
      const [key] = unit[side] as [string];
      yield* step(command(family, "purge", key, ["DEL", key], () => undefined, commandThat.writes));
    },
  };
}

export const rebuildable: MoveCase<Data> = {
  strategy: "rebuildable",
  family,
  uses: movesOfKinds.cache?.rebuildable ?? {},
  keys: [{ to: "page:{<id:text>}", from: "pages:<id:text>", prefixAt: { to: 0, from: 0 } }],
  keyOf: (place) => `page:{${place}}`,
  ttl,
  operation,
  probe: (client) => get(bound(client)),
  gate(from, to) {
    // What is on a key that nobody has kept up to date must not be read.
    if (from === "purgeBoth" && to === "writeNew") return purge("new");
    if (from === "writeNew" && to === "purgeBoth") return purge("old");
    return undefined;
  },
  check: (history) => checkRegister(history, useOf, { mayForget: true }),
  controls: [
    { phases: ["legacy", "writeNew"], because: "legacy overwrites the old key alone" },
    { phases: ["legacy", "new"], because: "neither deletes what the other reads" },
    { phases: ["purgeBoth", "new"], because: "new overwrites the new key alone" },
  ],
};
