/**
 * The moves under schedules by chance: instances of neighbouring phases, command by command, with crashes, roll-backs,
 * fills and TTLs that run out. Where phases are no neighbours, violations must be found.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { uniquePrefix } from "../../setup/topologies.js";
import { schedules } from "../schedules.js";
import { moveCases } from "./cases.js";
import { Connection } from "./connection.js";
import { type CaseReport, runCase } from "./harness.js";
import { nameOf } from "./move-case.js";
import { findingsOf, tableOf, writeReport } from "./report.js";

describe("moves", () => {
  const seeds = schedules(1500, moveCases.length, 1);
  const reports: CaseReport[] = [];
  let connection: Connection;
  beforeAll(async () => {
    connection = await Connection.open(inject("redis").url);
  });
  afterAll(() => {
    connection.close();
    console.log(tableOf(reports));
    writeReport(reports, seeds);
  });

  test.each(moveCases.map((each) => [nameOf(each), each] as const))(
    "M3 %s: neighbours keep every promise, strangers are found out",
    { timeout: 3_600_000 },
    async (_, each) => {
      const report = await runCase(each, seeds, connection, uniquePrefix(), {
        controls: process.env.SEED === undefined,
      });
      reports.push(report);
      const findings = findingsOf(report);
      if (findings !== "") expect.fail(findings);
    },
  );
});
