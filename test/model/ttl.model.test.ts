/**
 * Every repository, driven by chance over connections that break at any byte: no key of a family with a TTL is ever
 * without one, and none lives longer than its schema allows.
 */
import { readFileSync } from "node:fs";
import { KeywrightError } from "keywright";
import { startProxy, type TestProxy } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Manifest } from "../../src/schema/manifest.js";
import { createRepositories, type Repositories } from "../fixtures/rooms/generated/redis/index.js";
import { uniquePrefix } from "../setup/topologies.js";
import { Draw } from "./draw.js";
import { modelOf, operationsOf } from "./operations/index.js";
import { samplesOfRooms } from "./rooms.js";
import { schedules } from "./schedules.js";
import { ttlFindings } from "./ttl-findings.js";

const manifest = JSON.parse(
  readFileSync(new URL("../fixtures/rooms/generated/redis/manifest.json", import.meta.url), "utf8"),
) as Manifest;
const names = manifest.families.map(({ name }) => name);

/** What the caller of an operation may get while connections break; anything else is a wrong answer. */
const outages: ReadonlySet<string> = new Set(["connection-lost", "unavailable", "deadline"]);
/** What an operation may answer by itself, drawn as it is. */
const answers: ReadonlySet<string> = new Set(["already-exists", "invalid-argument", "refused"]);

type Repository = Parameters<typeof operationsOf>[0];

test("every family of the keyspace has samples, and every kind its operations and its model", () => {
  expect(Object.keys(samplesOfRooms).sort()).toEqual([...names].sort());
  const fake = { isOpen: true, isReady: true, sendCommand() {}, multi() {}, withCommandOptions() {} };
  const all = createRepositories(fake as never) as unknown as Record<string, Repository>;
  for (const name of names) {
    expect(operationsOf(all[name] as Repository), name).toBeDefined();
    expect(modelOf(all[name] as Repository), name).toBeDefined();
  }
});

describe("TTLs under connections that break", () => {
  const prefix = uniquePrefix();
  let direct: RedisClientType;
  let proxy: TestProxy;
  let client: RedisClientType;
  let redis: Repositories;

  beforeAll(async () => {
    const { hostname, port } = new URL(inject("redis").url);
    direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
    await direct.connect();
    proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
    client = createClient({ url: proxy.url, socket: { reconnectStrategy: () => 1 } }).on(
      "error",
      () => undefined,
    ) as RedisClientType;
    await client.connect();
    redis = createRepositories(client, { prefix });
  });
  afterAll(async () => {
    client.destroy();
    await proxy.stop();
    const keys = await direct.keys(`${prefix}*`);
    const tagged = await direct.keys(`{${prefix}*`);
    if (keys.length + tagged.length > 0) await direct.unlink([...keys, ...tagged]);
    direct.destroy();
  });

  async function ready(): Promise<void> {
    while (!client.isReady) await new Promise((done) => setTimeout(done, 1));
  }

  const findings = () => ttlFindings(manifest, prefix, (args) => direct.sendCommand(args));

  test("C2 no key of a TTL family is without a TTL, none above its maximum", { timeout: 3_600_000 }, async () => {
    let [done, cuts, lost] = [0, 0, 0];
    for (const seed of schedules(20)) {
      const draw = new Draw(seed);
      for (let round = 0; round < 12; round++) {
        await ready();
        if (draw.oneIn(2)) {
          proxy.cutAfterBytes(draw.int(0, 2500), draw.one(["toServer", "toClient"]));
          cuts += 1;
        }
        // Several in flight, so that what breaks is in the middle of any of them.
        const calls = Array.from({ length: draw.int(1, 8) }, async () => {
          const name = draw.one(names);
          const repository = redis[name as keyof Repositories] as unknown as Repository;
          const samples = samplesOfRooms[name] as never;
          const operate = operationsOf(repository)!;
          try {
            await operate(repository, samples, draw);
            done += 1;
          } catch (error) {
            const code = error instanceof KeywrightError ? error.code : undefined;
            if (code !== undefined && outages.has(code)) lost += 1;
            else if (code === undefined || !answers.has(code))
              throw new Error(`seed ${seed}: ${name}`, { cause: error });
          }
        });
        await Promise.all(calls);
        const found = await findings();
        expect(found, `seed ${seed}, round ${round}`).toEqual([]);
      }
    }
    // The schedules did what they are for.
    expect(done).toBeGreaterThan(0);
    expect(cuts).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(0);
    console.log(`${done} operations done, ${lost} lost in ${cuts} cuts`);
  });
});
