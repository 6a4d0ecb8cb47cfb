/**
 * `schema`: what a schema costs as it grows, in `keywright generate` and in the compiler of a service.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { measure, type Size } from "../growth/measure.js";
import { writeDeclarations } from "../growth/projects.js";
import { growthGoalOutcomes, growthReport } from "../growth/report.js";
import type { GrowthSuite } from "../suite.js";

const suite: GrowthSuite = {
  packages: ["typescript", "zod", "redis"],
  async run({ quick, rounds, project, built, progress }) {
    const sizes = quick ? [10, 100] : [10, 100, 300, 1000];
    const scratch = await mkdtemp(join(project, ".results", "bench-schema-"));
    try {
      const declarations = join(scratch, "keywright");
      progress("Keywright's declaration files");
      await writeDeclarations(project, declarations);
      const measured: Size[] = [];
      for (const size of sizes) {
        measured.push(
          await measure(size, rounds ?? (quick ? 1 : 3), { project, built, declarations, scratch }, progress),
        );
      }
      const figures = { sizes: measured, goals: growthGoalOutcomes(measured) };
      return { figures, report: (machine) => growthReport(measured, machine) };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

export default suite;
