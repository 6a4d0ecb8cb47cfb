/**
 * `migrate`: what a fill and a verify take, beside a copy by hand, and what a family pays that does not move.
 *
 * @module
 */
import { join } from "node:path";
import { startRedis } from "../../src/testing/index.js";
import { measure } from "../migrate/measure.js";
import { migrateGoals, migrateReport, ratioOf } from "../migrate/report.js";
import { run } from "../run.js";
import type { GrowthSuite } from "../suite.js";
import get from "./get.js";

/** Places at once: as many as keep the server at work. */
const concurrency = 256;
const [raw, own] = ["node-redis, timeout off", "keywright"];

const suite: GrowthSuite = {
  packages: ["redis"],
  async run({ quick, rounds, built, progress }) {
    const redis = await startRedis();
    try {
      const { url } = redis;
      const figures = await measure({ url, keys: quick ? 40_000 : 1_000_000, concurrency, built, progress });
      const suite = { ...get, goals: [{ contestant: own, against: raw, inFlight: 64, atLeast: 0.8 }] };
      const build = { folder: built, worker: join(built, "bench/worker.js"), workerAgainst: undefined };
      const budget = { rounds: rounds ?? (quick ? 2 : 5), inFlight: [64], warmUp: 500, slices: 5, slice: 150 };
      const whole = { ...build, remove: async () => undefined };
      const steady = await run("get", suite, whole, url, budget, { only: [raw, own], progress });
      return {
        figures: { ...figures, ratio: ratioOf(figures), steady, goals: migrateGoals(figures, steady) },
        report: (machine) => migrateReport(figures, steady, machine),
      };
    } finally {
      await redis.stop();
    }
  },
};

export default suite;
