/** The steps between two deploys, as `keywright migrate` does them, on the working copy and the Cluster. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Context, factsOf, headOf, serversOf } from "../../../src/cli/migrate-context.js";
import { rewritten } from "../../../src/cli/migrate-steps.js";
import { loadManifest } from "../../../src/codegen/load-manifest.js";
import { cleanup, cleanupOfMove, cleanupOfRetired } from "../../../src/migration/cleanup.js";
import { fill, fillOf } from "../../../src/migration/fill.js";
import { holdGates, phaseAfter } from "../../../src/migration/gates.js";
import { Journal } from "../../../src/migration/journal.js";
import { memoryFile, writeStep } from "../../../src/migration/ledger-file.js";
import { marksPass, type Pass, passesOf } from "../../../src/migration/passes.js";
import { primariesOf } from "../../../src/migration/primaries.js";
import { scanAll } from "../../../src/migration/scan.js";
import { movingFamilies, type Target, targetOf } from "../../../src/migration/target.js";
import { verify } from "../../../src/migration/verify.js";
import { expect, expectThat, Unexpected } from "../../shared/expecting.js";
import { type clientFor, workingConfig } from "./deploys.js";

/** Keys a second. The usual rate is far lower: it leaves the server to its traffic. */
const rate = 5000;

export type Direction = "forward" | "back";

export class Migrating {
  readonly #client: ReturnType<typeof clientFor>;
  /** How many report: each of every service. */
  readonly #instances: number;

  constructor(client: ReturnType<typeof clientFor>, instances: number) {
    this.#client = client;
    this.#instances = instances;
  }

  /**
   * Sets the next phase, or the one before, in the schema, and records it.
   *
   * @returns how many gates were open; all were
   */
  async step(family: string, direction: Direction): Promise<number> {
    const context = await this.#context();
    const target = this.#target(context, family);
    const to = phaseAfter(target, direction);
    if (to === undefined) throw new Unexpected(`${family} has no phase ${direction} of ${target.moved.phase}`);
    const facts = await factsOf(context, target);
    const gates = await holdGates(target, direction, facts);
    const closed = gates.filter(({ open }) => !open).map(({ gate, because }) => `${gate}: ${because}`);
    expect(`closed gates of ${family} ${direction} to ${to}`, closed, []);
    const { file, text } = await rewritten(context, target, to);
    writeFileSync(file, text);
    writeStep(context.config.out, target, {
      phase: to,
      at: facts.now.toISOString(),
      ...(direction === "back" ? { back: true as const } : {}),
      gates: gates.map(({ gate, because }) => `${gate}: ${because}`),
    });
    return gates.length;
  }

  /** @returns how many places were brought over */
  async fill(family: string): Promise<number> {
    const context = await this.#context();
    const target = this.#target(context, family);
    fillOf(target);
    const file = memoryFile(context.journals, "fill", target);
    const journal = Journal.open(file, headOf("fill", target), await serversOf(target), false);
    const { ended, failed, outcomes } = await fill(target, journal, { execute: true, rate });
    expectThat(`the fill of ${family} went to its end`, ended);
    expect(`places of ${family} that failed`, failed, 0);
    return outcomes.copied;
  }

  /** @returns how many places were compared; none differed */
  async verify(family: string): Promise<number> {
    const context = await this.#context();
    const target = this.#target(context, family);
    const file = memoryFile(context.journals, "verify", target);
    const journal = Journal.open(file, headOf("verify", target), await serversOf(target), true);
    const verified = await verify(target, journal, { rate, pause: 200 });
    expectThat(`the verify of ${family} went to its end`, verified.ended);
    expect(`differences of ${family}`, { total: verified.total, samples: verified.samples }, { total: 0, samples: [] });
    return verified.places;
  }

  /** Of a family that can be rebuilt: one side. @returns how many keys were removed */
  async purge(family: string, side: "old" | "new"): Promise<number> {
    return this.#clean(family, side);
  }

  /** In the last phase. @returns how many keys were removed: old ones, and the marks of both sides */
  async cleanup(family: string): Promise<number> {
    return this.#clean(family, undefined);
  }

  /** What a developer does when all is in the last phase. @returns the old patterns */
  async retire(): Promise<string[]> {
    const { config, manifest } = await this.#context();
    const retired = movingFamilies(manifest).flatMap(({ moved }) => moved.keys.map(({ from }) => from));
    const text = withoutMoves(readFileSync(config.schema, "utf8"), retired);
    writeFileSync(config.schema, text);
    return retired;
  }

  /** @returns how many keys were removed */
  async cleanupRetired(pattern: string): Promise<number> {
    const context = await this.#context();
    const plan = cleanupOfRetired(this.#client, context.manifest, pattern, "default", "");
    const servers = (await primariesOf(plan.port)).map(({ server }) => server);
    const head = { task: "cleanup", keyspace: context.manifest.name, family: plan.name, from: "", to: "", schema: "" };
    const journal = Journal.none({ ...head, phase: "", prefix: "" }, servers);
    return (await cleanup(plan, journal, { execute: true, rate })).keys;
  }

  async phase(family: string): Promise<string> {
    return this.#target(await this.#context(), family).moved.phase;
  }

  /** Keys of all families, by SCAN on all primaries. */
  async keys(families: readonly string[]): Promise<{ old: number; new: number; marks: number }> {
    const context = await this.#context();
    const sum = { old: 0, new: 0, marks: 0 };
    for (const family of families) {
      const target = this.#target(context, family);
      const { keys } = target.moved;
      sum.old += await count(target, passesOf(keys, "old", ""));
      sum.new += await count(target, passesOf(keys, "new", ""));
      sum.marks += await count(target, [marksPass(keys, "old", ""), marksPass(keys, "new", "")]);
    }
    return sum;
  }

  async #clean(family: string, side: "old" | "new" | undefined): Promise<number> {
    const context = await this.#context();
    const target = this.#target(context, family);
    const journal = Journal.none(headOf("cleanup", target), await serversOf(target));
    const cleaned = await cleanup(cleanupOfMove(target, side), journal, { execute: true, rate });
    expectThat(`the cleanup of ${family} went to its end`, cleaned.ended);
    return cleaned.keys;
  }

  async #context(): Promise<Context> {
    const config = await workingConfig();
    return {
      config,
      manifest: loadManifest(config),
      client: this.#client,
      hosts: [],
      prefix: "",
      journals: join(dirname(config.file), ".keywright"),
      instances: this.#instances,
    };
  }

  #target({ manifest }: Context, family: string): Target {
    return targetOf(this.#client, manifest, family);
  }
}

/** The text of the schema without the moves of its families, and with what they leave. */
function withoutMoves(text: string, retired: readonly string[]): string {
  const left = retired.map((pattern) => `    ${JSON.stringify(pattern)}: "moved to tagged keys",\n`).join("");
  return text
    .replace(/^ {2}moved: \{.*\},\n/gm, "")
    .replace(/^ {2}moved: \{\n[\s\S]*?^ {2}\},\n/gm, "")
    .replace(/^ {2}allow: \{\n/m, `  retired: {\n${left}  },\n  allow: {\n`);
}

async function count(target: Target, passes: readonly Pass[]): Promise<number> {
  const found = new Set<string>();
  const journal = Journal.none(headOf("count", target), await serversOf(target));
  await scanAll(target.store.executor.port, passes, journal, async (keys) => {
    for (const key of keys) found.add(key);
  });
  return found.size;
}
