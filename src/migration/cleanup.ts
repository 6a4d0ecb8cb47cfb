/**
 * Cleanup: unlinks what a move has left, and never more: the keys of exactly the old pattern and of its companions, and the
 * marks of the move. Each key is held against the pattern and against the schema before it goes.
 *
 * @module
 */
import type { NodeRedisClient } from "../runtime/client.js";
import type { ClientPort } from "../runtime/client-port.js";
import { Runtime } from "../runtime/runtime.js";
import { familyOfKey } from "../schema/classify-key.js";
import type { Manifest } from "../schema/manifest.js";
import { strategies } from "../schema/moves/index.js";
import { ownKey } from "../schema/own-keys.js";
import { ownedPatterns } from "../schema/owned-pattern.js";
import { commonKey, parsePattern, patternAutomaton } from "../schema/patterns/index.js";
import { patiently } from "./attempts.js";
import type { Journal } from "./journal.js";
import { inParallel, Pace } from "./pace.js";
import { marksPass, type Pass, passesOf, passOf } from "./passes.js";
import { MigrationRefusal } from "./refusal.js";
import { type ScanOptions, scanAll } from "./scan.js";
import { checkPrefix, type Target } from "./target.js";

export interface CleanupOptions extends ScanOptions {
  /** False: keys are counted, and nothing is unlinked. */
  readonly execute: boolean;
  /** Keys a second. */
  readonly rate: number;
  readonly concurrency?: number;
}

/** Counts of keys by pattern. */
export interface Cleaned {
  readonly ended: boolean;
  readonly keys: number;
  readonly byPattern: Readonly<Record<string, number>>;
}

/** What is to go, and where. */
export interface CleanupPlan {
  readonly name: string;
  readonly passes: readonly Pass[];
  readonly port: ClientPort;
  readonly prefix: string;
  /** The schema as it is without what is to go: no key of it may be unlinked. */
  readonly living: Manifest;
}

/** The schema without its moves: what is owned by it lives on. */
function livingOf(manifest: Manifest): Manifest {
  const { retired: _, ...rest } = manifest;
  const families = manifest.families.map(({ moved: _moved, companions, ...family }) => ({
    ...family,
    companions: companions.filter(({ name }) => name !== "moved"),
  }));
  return { ...rest, families };
}

/** @throws MigrationRefusal where a key of the pattern could belong to a family that lives */
function refuseLiving(living: Manifest, patterns: readonly string[]): void {
  for (const text of patterns) {
    const automaton = patternAutomaton(parsePattern(text).pattern.segments);
    for (const { family, pattern } of ownedPatterns(living)) {
      const key = commonKey(automaton, patternAutomaton(pattern.segments));
      if (key === undefined) continue;
      throw new MigrationRefusal(
        `${text} could match living keys: ${JSON.stringify(key)} would belong to ${family.name} (${pattern.text})`,
        "Nothing was unlinked. Mend the patterns, so that none of a family's keys is one of those that are to go.",
      );
    }
  }
}

/**
 * What a family's move has left. For a family that is rebuilt, one side may be purged at any time, as `side` says.
 *
 * @throws MigrationRefusal where the family still needs its old keys
 */
export function cleanupOfMove(target: Target, side?: "old" | "new"): CleanupPlan {
  const { manifest, family, moved, prefix, store } = target;
  const rebuilt = moved.strategy === "rebuildable";
  if (side !== undefined && !rebuilt) {
    throw new MigrationRefusal(
      `${family.name} moves by ${moved.strategy}, of which no side can be purged: it may be the only one that holds a state`,
      "Leave --side out. It is for families that can be rebuilt.",
    );
  }
  const last = strategies[moved.strategy].phases.at(-1);
  if (side === undefined && moved.phase !== last) {
    throw new MigrationRefusal(
      `${family.name} is in the phase ${moved.phase}, in which its old keys are still used`,
      `Cleanup is for the phase ${last}: keywright migrate advance ${family.name}. Nothing was unlinked.`,
    );
  }
  const living = livingOf(manifest);
  const own = passesOf(moved.keys, side ?? "old", prefix);
  if (side !== "new") {
    refuseLiving(
      living,
      own.map(({ pattern }) => pattern),
    );
  }
  const marks = side === undefined ? [marksPass(moved.keys, "old", prefix), marksPass(moved.keys, "new", prefix)] : [];
  return { name: family.name, passes: [...own, ...marks], port: store.executor.port, prefix, living };
}

/** What is left of a pattern that the schema has retired. */
export function cleanupOfRetired(
  client: NodeRedisClient,
  manifest: Manifest,
  pattern: string,
  store: string,
  prefix: string,
): CleanupPlan {
  const { retired = {} } = manifest;
  if (!Object.hasOwn(retired, pattern)) {
    throw new MigrationRefusal(
      `the schema has not retired the pattern ${pattern}`,
      Object.keys(retired).length === 0
        ? "It retires none: name it in keyspace({ retired: { pattern: why } }) first."
        : `It has retired ${Object.keys(retired).join(", ")}.`,
    );
  }
  checkPrefix(manifest, prefix);
  const living = livingOf(manifest);
  refuseLiving(living, [pattern]);
  const runtime = new Runtime(client, [store], { prefix });
  const { port } = runtime.store({
    name: pattern,
    kind: "retired",
    pattern,
    store,
    tier: "R4",
    deadline: 10_000,
    retries: 0,
  }).executor;
  const keys = [{ to: pattern, from: pattern, prefixAt: { to: 0, from: 0 } }] as const;
  const passes = [passOf(pattern, 0, "old", prefix), marksPass(keys, "old", prefix)];
  return { name: pattern, passes, port, prefix, living };
}

/**
 * Sends an UNLINK for each key.
 *
 * @throws MigrationRefusal for a key that belongs to a family, or to Keywright: nothing more is unlinked then
 */
export async function cleanup(
  { name, passes, port, prefix, living }: CleanupPlan,
  journal: Journal,
  { execute, rate, concurrency = 32, ...options }: CleanupOptions,
): Promise<Cleaned> {
  const pace = new Pace(rate);
  // The new side of what is rebuilt is purged by its own family.
  const purged = passes[0]?.side === "new" ? name : undefined;
  const ended = await scanAll(
    port,
    passes,
    journal,
    async (keys, pass) => {
      let gone = 0;
      await inParallel([...new Set(keys)], concurrency, async (key) => {
        const owner = (familyOfKey(living, key) ?? familyOfKey(living, key, { prefix }))?.family.name;
        const ours = ownKey(key.startsWith(prefix) ? key.slice(prefix.length) : key)?.what;
        if (ours !== undefined || owner !== purged) {
          throw new MigrationRefusal(
            `a key of ${pass.pattern} belongs to ${owner ?? ours ?? "no family"}`,
            "It was not unlinked. Mend the patterns, and run it again.",
          );
        }
        await pace.turn();
        if (execute) await patiently(() => port.send(key, ["UNLINK", key], false));
        gone += 1;
      });
      journal.count("places", gone);
      journal.count(pass.pattern, gone);
    },
    options,
  );
  const byPattern = Object.fromEntries(passes.map(({ pattern }) => [pattern, journal.counts[pattern] ?? 0]));
  return { ended, keys: journal.counts.places ?? 0, byPattern };
}
