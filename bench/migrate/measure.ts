/**
 * Seeds the old keys twice, carries them over by hand and by `keywright migrate`, one after the other, and looks at a foreign client's
 * latency meanwhile.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RedisClientType } from "redis";
import { untimed } from "../contestants/connect.js";
import { type FamilyName, familyNames, seedOf, shares } from "./families.js";
import type { Task, TaskMeasured, TaskOrder } from "./worker.js";

export interface Latency {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export interface TaskFigures extends TaskMeasured {
  readonly task: Task;
  readonly family: FamilyName;
  readonly keys: number;
  /** Of a client that gets one key, again and again, while the task runs. */
  readonly foreign: Latency;
}

export interface MigrateFigures {
  readonly keys: number;
  readonly concurrency: number;
  /** Of the same client while nothing else runs. */
  readonly alone: Latency;
  readonly tasks: readonly TaskFigures[];
}

export interface MigrateOrder {
  readonly url: string;
  readonly keys: number;
  readonly concurrency: number;
  /** The folder with `src` and `bench` as plain JavaScript. */
  readonly built: string;
  readonly progress: (line: string) => void;
}

const run = promisify(execFile);

async function seed(client: RedisClientType, family: FamilyName, prefix: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 2000) {
    const ids = Array.from({ length: Math.min(2000, count - from) }, (_, i) => from + i);
    await Promise.all(ids.flatMap((id) => seedOf(family, prefix, id)).map((args) => client.sendCommand(args)));
  }
}

/** Removes what this bench has written, and nothing else: the server may be the user's. */
async function clear(client: RedisClientType): Promise<void> {
  // Seals of untagged keys begin with their brace.
  for (const match of ["keywright-bench:*", "{keywright-bench:*"]) {
    for await (const keys of client.scanIterator({ MATCH: match, COUNT: 2000 })) {
      if (keys.length > 0) await client.unlink(keys);
    }
  }
}

function latencyOf(times: number[]): Latency {
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
}

/** Gets one key, again and again, until the task has ended. */
async function beside<T>(client: RedisClientType, task: Promise<T>): Promise<[T, Latency]> {
  let ended = false;
  const end = task.finally(() => {
    ended = true;
  });
  const times: number[] = [];
  while (!ended) {
    const began = performance.now();
    await client.get("keywright-bench:foreign");
    times.push(performance.now() - began);
    // A millisecond apart: it is a neighbour, and no load.
    await new Promise((done) => setTimeout(done, 1));
  }
  return [await end, latencyOf(times)];
}

export async function measure({ url, keys, concurrency, built, progress }: MigrateOrder): Promise<MigrateFigures> {
  const client = await untimed(url);
  const worker = join(built, "bench/migrate/worker.js");
  const tasks: TaskFigures[] = [];
  try {
    await client.set("keywright-bench:foreign", "x");
    const [, alone] = await beside(client, new Promise((done) => setTimeout(done, 1000)));
    for (const family of familyNames) {
      const count = Math.round(keys * shares[family]);
      for (const way of ["by hand", "fill"] as const) {
        const prefix = `keywright-bench:${way === "fill" ? "ours" : "hand"}:`;
        // Each has the server to itself: SCAN looks at all keys that are there.
        await clear(client);
        await client.set("keywright-bench:foreign", "x");
        progress(`${count.toLocaleString("en-US")} keys of ${family} are written`);
        await seed(client, family, prefix, count);
        for (const task of way === "fill" ? (["fill", "verify"] as const) : ([way] as const)) {
          progress(`${task}: ${family}`);
          const order: TaskOrder = { task, family, url, prefix, keys: count, concurrency };
          const [{ stdout }, foreign] = await beside(client, run(process.execPath, [worker, JSON.stringify(order)]));
          tasks.push({ task, family, keys: count, foreign, ...(JSON.parse(stdout) as TaskMeasured) });
        }
      }
    }
    await clear(client);
    return { keys, concurrency, alone, tasks };
  } finally {
    client.destroy();
  }
}
