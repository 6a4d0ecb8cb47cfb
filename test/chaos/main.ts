/**
 * `npm run test:chaos [fault or topology …]`: every kind under every fault. `SEED` repeats a run, `ROUNDS` repeats the
 * whole list, `SECONDS` ends it: no fault begins after that. The exit code is 1 where a goal is missed.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { Draw } from "../model/draw.js";
import { faults } from "./faults/index.js";
import { type Pair, pairs } from "./plan.js";
import { failed, tables } from "./report.js";
import { type Run, run } from "./run.js";
import { type Servers, startServers, type TopologyName } from "./servers.js";

function whole(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return otherwise;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`${name} is no whole number`);
}

const seed = whole("SEED", Math.floor(Math.random() * 2 ** 30));
const budget = whole("SECONDS", 0) * 1000 || Number.POSITIVE_INFINITY;
const began = performance.now();
const draw = new Draw(seed);
const list = Array.from({ length: whole("ROUNDS", 1) }, () => pairs(faults, draw, process.argv.slice(2))).flat();
console.log(`${list.length} faults, SEED=${seed} repeats them`);

const running = new Map<TopologyName, Promise<Servers>>();
const runs: Run[] = [];
const left: Pair[] = [];
try {
  for (const [index, pair] of list.entries()) {
    const { fault, topology } = pair;
    if (performance.now() - began > budget) {
      left.push(pair);
      continue;
    }
    const servers = running.get(topology) ?? startServers(topology);
    running.set(topology, servers);
    const result = await run(fault, await servers, seed + index);
    runs.push(result);
    console.log(`${failed(result) ? "✗" : "✓"} ${fault.name} on ${topology}: ${fault.what}`);
    for (const finding of result.findings.slice(0, 10)) console.log(`    ${finding}`);
    if (fault.spends || failed(result)) {
      running.delete(topology);
      await (await servers).stop();
    }
  }
} finally {
  await Promise.allSettled([...running.values()].map(async (servers) => (await servers).stop()));
}

console.log(`\n${tables(runs)}\n`);
if (left.length > 0) {
  console.log(
    `${left.length} not begun within SECONDS: ${left.map(({ fault, topology }) => `${fault.name} on ${topology}`).join(", ")}`,
  );
}
await mkdir(".results", { recursive: true });
const report = {
  seed,
  seconds: Math.round((performance.now() - began) / 1000),
  runs,
  left: left.map(({ fault, topology }) => ({ fault: fault.name, topology })),
};
await writeFile(".results/chaos.json", `${JSON.stringify(report, undefined, 2)}\n`);
const missed = runs.filter(failed);
console.log(
  missed.length === 0
    ? `${runs.length} faults, every goal held (.results/chaos.json)`
    : `${missed.length} of ${runs.length} faults missed a goal (.results/chaos.json)`,
);
process.exitCode = missed.length === 0 && runs.length > 0 ? 0 : 1;
