/**
 * Which faults happen to which topologies, in which order.
 *
 * @module
 */
import type { Draw } from "../model/draw.js";
import type { Fault } from "./faults/fault.js";
import { type TopologyName, topologyNames } from "./servers.js";

export interface Pair {
  readonly fault: Fault;
  readonly topology: TopologyName;
}

/**
 * Every fault on every topology where it applies. Each fault comes once before any comes twice, on a topology by
 * chance, so that a run that is cut short by its time has met as many as it could; within that those of one topology
 * follow each other, the ones that spend its servers last.
 *
 * @param words names of faults and topologies that alone are wanted; all where there is none
 */
export function pairs(faults: readonly Fault[], draw: Draw, words: readonly string[] = []): Pair[] {
  const topologies = topologyNames.filter((name) => words.includes(name));
  const named = words.filter((word) => !topologies.includes(word as TopologyName));
  const unknown = named.filter((word) => faults.every(({ name }) => name !== word));
  if (unknown.length > 0) {
    const all = [...faults.map(({ name }) => name), ...topologyNames].join(", ");
    throw new RangeError(`no fault or topology is called ${unknown.join(", ")}. There are: ${all}`);
  }
  const rounds: Pair[][] = [];
  for (const fault of faults) {
    if (named.length > 0 && !named.includes(fault.name)) continue;
    const on = fault.on.filter((name) => topologies.length === 0 || topologies.includes(name));
    for (let round = 0; on.length > 0; round++) {
      const [topology] = on.splice(draw.int(0, on.length - 1), 1) as [TopologyName];
      rounds[round] ??= [];
      rounds[round]?.push({ fault, topology });
    }
  }
  const place = ({ fault, topology }: Pair) => topologyNames.indexOf(topology) * 2 + Number(fault.spends === true);
  return rounds.flatMap((round) => round.sort((a, b) => place(a) - place(b)));
}
