/**
 * The moves under a few schedules; `npm run test:model -- moves` runs many (docs/testing.md).
 */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { areNeighbours, strategies } from "../../src/schema/moves/index.js";
import { moveCases } from "../model/moves/cases.js";
import { Connection } from "../model/moves/connection.js";
import { refuseStrangers, StrangersError } from "../model/moves/fleet.js";
import { runCase } from "../model/moves/harness.js";
import { nameOf } from "../model/moves/move-case.js";
import { findingsOf } from "../model/moves/report.js";
import { uniquePrefix } from "../setup/topologies.js";

describe("moves", () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await Connection.open(inject("redis").url);
  });
  afterAll(() => connection.close());

  test("M3 phases are skip-proof: only neighbours may run side by side", () => {
    for (const [name, { phases }] of Object.entries(strategies)) {
      const strategy = name as keyof typeof strategies;
      phases.forEach((a, i) => {
        phases.forEach((b, j) => {
          const may = Math.abs(i - j) <= 1;
          expect(areNeighbours(strategy, a, b), `${name}: ${a} beside ${b}`).toBe(may);
          const begin = () => refuseStrangers(strategy, a, [b, b]);
          if (may) expect(begin).not.toThrow();
          else expect(begin, `${name}: ${a} beside ${b}`).toThrow(StrangersError);
        });
      });
    }
  });

  // The same each time: what a run by chance finds is for the long suite.
  const seeds = Array.from({ length: 20 }, (_, i) => 1001 + i);

  test.each(moveCases.map((each) => [nameOf(each), each] as const))(
    "M3 phases are skip-proof and pairwise compatible: %s",
    { timeout: 120_000 },
    async (_, each) => {
      const findings = findingsOf(await runCase(each, seeds, connection, uniquePrefix()));
      if (findings !== "") expect.fail(findings);
    },
  );
});
