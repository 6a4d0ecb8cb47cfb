/**
 * A process that carries keys over once, and tells on stdout how long it took and the most memory that it had. It is the whole of
 * what `keywright migrate` runs, or a script as one writes it by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RedisClientType } from "redis";
import { fill } from "../../src/migration/fill.js";
import { Journal } from "../../src/migration/journal.js";
import { primariesOf } from "../../src/migration/primaries.js";
import { targetOf } from "../../src/migration/target.js";
import { verify } from "../../src/migration/verify.js";
import { untimed } from "../contestants/connect.js";
import { type FamilyName, manifestOfBench } from "./families.js";

export type Task = "fill" | "verify" | "by hand";

/** What it is told, as JSON in its first argument. */
export interface TaskOrder {
  readonly task: Task;
  readonly family: FamilyName;
  readonly url: string;
  readonly prefix: string;
  readonly keys: number;
  readonly concurrency: number;
}

export interface TaskMeasured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Most memory of the process at any time, in megabytes. */
  readonly megabytes: number;
}

/** SCAN, then DUMP and PEXPIRETIME of a whole answer in one tick, then RESTORE of all of them in one tick. */
async function byHand(client: RedisClientType, { family, prefix }: TaskOrder): Promise<number> {
  const old = `${prefix}old${family}:`;
  const bytes = client.withTypeMapping({ 36: Buffer });
  let copied = 0;
  let cursor = "0";
  do {
    const answer = await client.scan(cursor, { MATCH: `${old}*`, COUNT: 500 });
    const states = await Promise.all(
      answer.keys.map((key) => Promise.all([bytes.dump(key), client.pExpireTime(key)] as const)),
    );
    await Promise.all(
      answer.keys.map((key, i) => {
        const [dump, deadline] = states[i] as [Buffer, number];
        const to = `${prefix}${family}:{${key.slice(old.length)}}`;
        return client.sendCommand(["RESTORE", to, String(deadline), dump, "ABSTTL", "REPLACE"]);
      }),
    );
    copied += answer.keys.length;
    cursor = String(answer.cursor);
  } while (cursor !== "0");
  return copied;
}

async function ours(client: RedisClientType, order: TaskOrder): Promise<number> {
  const { task, family, prefix, concurrency } = order;
  const target = targetOf(client as never, manifestOfBench(), family, prefix);
  const servers = (await primariesOf(target.store.executor.port)).map(({ server }) => server);
  const { moved, family: known } = target;
  const about = { task, keyspace: "bench", family, from: moved.from, to: known.pattern, phase: moved.phase };
  const file = join(tmpdir(), `keywright-bench-${process.pid}.json`);
  const journal = Journal.open(file, { ...about, schema: "bench", prefix }, servers, true);
  try {
    // No pace: what it can do is asked.
    const rate = 1e9;
    if (task === "fill") {
      const { ended, outcomes, failed } = await fill(target, journal, { execute: true, rate, concurrency });
      assert.deepEqual({ ended, failed }, { ended: true, failed: 0 });
      return outcomes.copied;
    }
    const { total, places } = await verify(target, journal, { rate, concurrency });
    assert.equal(total, 0);
    return places;
  } finally {
    await rm(file, { force: true });
  }
}

const order = JSON.parse(process.argv[2] as string) as TaskOrder;
const client = await untimed(order.url);
const began = performance.now();
const cpu = process.cpuUsage();
const done = await (order.task === "by hand" ? byHand(client, order) : ours(client, order));
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - began) / 1000;
// SCAN may give a key twice, and never too few.
assert.ok(done >= order.keys, `${done} of ${order.keys} keys of ${order.family}`);
client.destroy();
const measured: TaskMeasured = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  megabytes: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(JSON.stringify(measured));
