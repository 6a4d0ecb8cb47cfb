import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failover } from "../chaos/faults/failover.js";
import { reset } from "../chaos/faults/network.js";
import { run } from "../chaos/run.js";
import { type Servers, startServers } from "../chaos/servers.js";
import { goals, sumOf } from "../chaos/tally.js";
import { hasOwnServers } from "./support.js";

// The chaos harness on its most important fault; `npm run test:chaos` has them all.
describe.skipIf(!hasOwnServers)("failover", () => {
  let servers: Servers;

  beforeAll(async () => {
    servers = await startServers("cluster");
  });
  afterAll(() => servers?.stop());

  test("L10 connections that break and a cluster failover mid-load: every kind answers in time, rightly, and again", {
    timeout: 90_000,
  }, async () => {
    for (const [seed, fault] of [reset, failover].entries()) {
      const { kinds, recoveryMs, findings } = await run(fault, servers, seed);
      const sum = sumOf(Object.values(kinds));
      expect(findings, fault.name).toEqual([]);
      for (const goal of Object.keys(goals) as (keyof typeof goals)[]) expect(sum[goal], goal).toBe(0);
      expect(recoveryMs, fault.name).not.toBeNull();
      // It did befall the load, and did not end it.
      expect(sum.failed, fault.name).toBeGreaterThan(0);
      for (const [kind, { calls, failed }] of Object.entries(kinds)) expect(calls, kind).toBeGreaterThan(failed);
    }
  });
});
