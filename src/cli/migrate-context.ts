/**
 * What the commands of `keywright migrate` share: the config, the manifest, the Redis, and the facts of a family's move.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { openStore } from "../clients/open-store.js";
import { storeConfigOf } from "../clients/store-url.js";
import { type LoadedConfig, loadConfig } from "../codegen/load.js";
import { loadManifest } from "../codegen/load-manifest.js";
import { type FleetInstance, fleetOf } from "../migration/fleet.js";
import type { GateFacts } from "../migration/gates.js";
import { type JournalHead, readJournal } from "../migration/journal.js";
import { homogeneousSince, memoryFile, readLedger } from "../migration/ledger-file.js";
import { primariesOf, type Server } from "../migration/primaries.js";
import { MigrationRefusal } from "../migration/refusal.js";
import type { Target } from "../migration/target.js";
import type { NodeRedisClient } from "../runtime/client.js";
import type { Manifest } from "../schema/manifest.js";
import { entryOf, schemaHash } from "../schema/moves/index.js";
import { say } from "./output.js";

/** What every command of them takes. */
export interface MigrateOptions {
  readonly config?: string;
  readonly url?: string;
  readonly prefix?: string;
  readonly journals?: string;
  readonly instances?: number;
  readonly format: "text" | "json";
}

export interface Context {
  readonly config: LoadedConfig;
  readonly manifest: Manifest;
  readonly client: NodeRedisClient;
  /** The hosts of the URL. */
  readonly hosts: readonly string[];
  readonly prefix: string;
  /** The folder of the journals. */
  readonly journals: string;
  readonly instances: number | undefined;
}

/** Opens the Redis, and closes it whatever comes. */
export async function withContext(
  options: MigrateOptions,
  use: (context: Context) => Promise<number>,
): Promise<number> {
  const config = await loadConfig(options.config);
  const manifest = loadManifest(config);
  const url = options.url ?? process.env.REDIS_URL;
  if (url === undefined || url === "") {
    throw new MigrationRefusal("no Redis is named", "Give --url redis://host:6379, or set REDIS_URL.");
  }
  const store = await openStore(storeConfigOf(url), { onError: () => undefined });
  const hosts = url.replace(/^[a-z]+:\/\/(?:[^@/]*@)?([^/]+).*$/, "$1").split(",");
  try {
    return await use({
      config,
      manifest,
      client: store.write,
      hosts,
      prefix: options.prefix ?? "",
      journals: options.journals ?? join(dirname(config.file), ".keywright"),
      instances: options.instances,
    });
  } finally {
    await store.close();
  }
}

export async function serversOf({ store }: Target): Promise<Server[]> {
  return (await primariesOf(store.executor.port)).map(({ server }) => server);
}

export function headOf(task: string, { manifest, family, moved, prefix }: Target): JournalHead {
  return {
    task,
    keyspace: manifest.name,
    family: family.name,
    from: moved.from,
    to: family.pattern,
    schema: schemaHash(manifest),
    phase: moved.phase,
    prefix,
  };
}

export function fleetOfTarget({ manifest, family, prefix, store }: Target): Promise<FleetInstance[]> {
  return fleetOf(store.executor.port, manifest.name, family.name, prefix, family.shared !== undefined);
}

/** The fleet, and what this machine and the ledger know of the move. */
export async function factsOf({ config, journals, instances }: Context, target: Target): Promise<GateFacts> {
  const { family, moved } = target;
  const fleet = await fleetOfTarget(target);
  const now = new Date();
  const whole = fleet.length > 0 && fleet.every(({ phase }) => phase === moved.phase);
  const homogeneous = whole
    ? instances === undefined || fleet.length === instances
    : instances === 0 && fleet.length === 0;
  const passed = entryOf(readLedger(config.out), family.name, moved.from, family.pattern)?.phases ?? [];
  const back = passed.findLast(({ back }) => back === true);
  return {
    fleet,
    instances,
    since: homogeneousSince(memoryFile(journals, "fleet", target), target, homogeneous, now),
    fill: readJournal(memoryFile(journals, "fill", target)),
    verify: readJournal(memoryFile(journals, "verify", target)),
    entered: back === undefined ? undefined : new Date(back.at),
    now,
  };
}

/** Ends a task behind its batch at the first Ctrl-C. */
export async function untilInterrupted<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    say("ending behind the batch that is under way");
    controller.abort();
  };
  process.once("SIGINT", stop);
  try {
    return await task(controller.signal);
  } finally {
    process.removeListener("SIGINT", stop);
  }
}
