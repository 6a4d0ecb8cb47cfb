/**
 * Who is in which phase, by the reports of the instances.
 *
 * @module
 */
import type { ClientPort } from "../runtime/client-port.js";
import type { FleetReport } from "../runtime/moves/fleet.js";
import type { MoveCounts } from "../runtime/moves/move.js";
import { fleetHead } from "../schema/fleet-key.js";
import { escapeGlob } from "../schema/patterns/index.js";
import { patiently } from "./attempts.js";

/** One instance that has the family. */
export interface FleetInstance {
  readonly instance: string;
  readonly service: string | null;
  /** The hash of its schema, without phases. */
  readonly schema: string;
  readonly since: string;
  readonly phase: string;
  readonly counts: MoveCounts;
}

function read(text: string | null): FleetReport | undefined {
  try {
    const report = JSON.parse(text ?? "null") as Partial<FleetReport> | null;
    return typeof report?.phases === "object" && typeof report.since === "string" ? (report as FleetReport) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The instances of a family, in the order of their services. The reports of a keyspace lie in one slot, so one node is
 * scanned; those of a shared family stand behind any prefix.
 */
export async function fleetOf(
  port: ClientPort,
  keyspace: string,
  family: string,
  prefix: string,
  shared: boolean,
): Promise<FleetInstance[]> {
  const head = fleetHead(prefix, keyspace);
  const glob = `${shared ? "*" : ""}${escapeGlob(head)}*`;
  const keys = new Set<string>();
  for (let cursor = "0"; ; ) {
    const at = cursor;
    const reply = await patiently(() => port.send(head, ["SCAN", at, "MATCH", glob, "COUNT", "1000"], false));
    const [next, found] = reply as [string, string[]];
    for (const key of found) keys.add(key);
    cursor = String(next);
    if (cursor === "0") break;
  }
  const instances = await Promise.all(
    [...keys].map(async (key): Promise<FleetInstance[]> => {
      const report = read((await patiently(() => port.send(key, ["GET", key], false))) as string | null);
      const phase = report?.phases[family];
      if (report === undefined || phase === undefined) return [];
      const { service, schema, since, counts } = report;
      const none: MoveCounts = { oldReads: 0, mirrorFailures: 0, lostJoins: 0 };
      return [
        {
          instance: key.slice(key.lastIndexOf(":") + 1),
          service,
          schema,
          since,
          phase,
          counts: { ...none, ...counts[family] },
        },
      ];
    }),
  );
  return instances
    .flat()
    .sort((a, b) => `${a.service} ${a.instance}`.localeCompare(`${b.service} ${b.instance}`, "en"));
}

/** The sums of what instances count. */
export function countsOf(fleet: readonly FleetInstance[]): MoveCounts {
  const sum: MoveCounts = { oldReads: 0, mirrorFailures: 0, lostJoins: 0 };
  for (const { counts } of fleet)
    for (const name of Object.keys(sum) as (keyof MoveCounts)[]) sum[name] += counts[name];
  return sum;
}
