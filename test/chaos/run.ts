/**
 * One fault on one topology, under load.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Manifest } from "../../src/schema/manifest.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";
import { Draw } from "../model/draw.js";
import type { Samples } from "../model/operations/operations.js";
import { samplesOfRooms } from "../model/rooms.js";
import { ttlFindings } from "../model/ttl-findings.js";
import type { Fault } from "./faults/fault.js";
import { ThrownByListener } from "./faults/listeners.js";
import { Load, type Repository } from "./load.js";
import { onNode, primariesOf, type Servers, type TopologyName } from "./servers.js";
import { Standstills } from "./standstills.js";
import { type Counts, noCounts } from "./tally.js";

const workersPerFamily = 2;
/** The load runs so long before the fault, and after all have recovered, in milliseconds. */
const before = 300;
const after = 500;
/** Who has not recovered by then never will. */
const recoverWithin = 30_000;

export interface Run {
  readonly fault: string;
  readonly topology: TopologyName;
  readonly seed: number;
  /** By kind. `recoveryMs` is null where a worker of the kind had no answer within 30 s. */
  readonly kinds: Readonly<Record<string, Counts & { readonly recoveryMs: number | null }>>;
  /** False where the client may be broken for good, and recovery is no goal. */
  readonly recovers: boolean;
  /** Of all kinds. */
  readonly recoveryMs: number | null;
  /** The longest that this process stood still, in milliseconds. */
  readonly standstillMs: number;
  readonly findings: readonly string[];
}

const manifest = JSON.parse(
  readFileSync(new URL("../fixtures/rooms/generated/redis/manifest.json", import.meta.url), "utf8"),
) as Manifest;

/** Lets a fault happen to the servers, and counts what its callers met. */
export async function run(fault: Fault, servers: Servers, seed: number): Promise<Run> {
  const prefix = `chaos${randomBytes(4).toString("hex")}:`;
  const client = await servers.connect();
  const repositories = Object.entries(createRepositories(client, { prefix })).flatMap(([name, repository]) => {
    const samples = samplesOfRooms[name];
    return samples?.own === undefined ? [] : [[repository as unknown as Repository, samples as Samples] as const];
  });
  const standstills = new Standstills();
  const load = new Load({ repositories, workersPerFamily, draw: new Draw(seed), standstills });
  const unhandled = watchRejections();
  const began = performance.now();
  try {
    load.start();
    await sleep(before);
    load.loses(fault.loses);
    await fault.happen({ servers, client, draw: new Draw(seed + 1) });
    const over = performance.now();
    load.forgetSuccesses();
    let recovery = load.recovery(over);
    const within = fault.recovers === false ? 3000 : recoverWithin;
    while ([...recovery.values()].includes(undefined) && performance.now() - over < within) {
      await sleep(20);
      recovery = load.recovery(over);
    }
    load.loses("nothing");
    await sleep(after);
    await load.stop(15_000);
    for (const node of await primariesOf(servers)) {
      const found = await onNode(node, (direct) => ttlFindings(manifest, prefix, (args) => direct.call(...args)));
      for (const { kind = "none", text } of found) {
        const counts = load.counts.get(kind) ?? noCounts();
        counts.withoutTtl += 1;
        load.counts.set(kind, counts);
        load.findings.push(text);
      }
    }
    const errors = unhandled.stop();
    if (errors.length > 0) load.counts.set("process", { ...noCounts(), unhandled: errors.length });
    const each = [...recovery.values()];
    return {
      fault: fault.name,
      topology: servers.topology,
      seed,
      recovers: fault.recovers ?? true,
      kinds: Object.fromEntries(
        [...load.counts].map(([kind, counts]) => [kind, { ...counts, recoveryMs: rounded(recovery.get(kind)) }]),
      ),
      recoveryMs: each.includes(undefined) ? null : rounded(Math.max(...(each as number[]))),
      standstillMs: Math.round(standstills.longest(began)),
      findings: [...load.findings, ...errors],
    };
  } finally {
    unhandled.stop();
    standstills.stop();
    client.destroy();
  }
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms);
}

/** Rejections and exceptions that nobody handles, from now on. */
function watchRejections(): { stop(): string[] } {
  const errors: string[] = [];
  const note = (error: unknown) => {
    if (error instanceof ThrownByListener) return;
    errors.push(`unhandled: ${error instanceof Error ? error.stack : String(error)}`);
  };
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  return {
    stop() {
      process.off("unhandledRejection", note);
      process.off("uncaughtException", note);
      return errors;
    },
  };
}
