/** A family on its way, and a fill that is none of a strategy's: what is tried here is the migration, not the strategies. */
import { afterAll, beforeAll } from "vitest";
import { z } from "zod";
import { Journal, type JournalHead } from "../../src/migration/journal.js";
import { primariesOf } from "../../src/migration/primaries.js";
import { type Target, targetOf } from "../../src/migration/target.js";
import type { Fills } from "../../src/runtime/moves/move.js";
import { step } from "../../src/runtime/moves/steps.js";
import { moveFills } from "../../src/runtime/moves/strategies.js";
import { command, commandThat } from "../../src/runtime/plan.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { keyspace, tagScopes, value } from "../../src/schema/index.js";
import type { Manifest, ManifestMove } from "../../src/schema/manifest.js";
import type { Phase } from "../../src/schema/moves/index.js";
import { schemaHash } from "../../src/schema/moves/index.js";
import type { TopologyClient } from "../setup/topologies.js";

const scopes = tagScopes({ noteId: { tag: "{<id>}", because: "a note changes with what lies beside it" } });

const declared = keyspace({
  name: "notes",
  scopes,
  families: {
    note: value("note:{<id>}", {
      purpose: "A note.",
      owner: "notes",
      writers: ["notes"],
      readers: [],
      tag: scopes.noteId,
      ttl: "1h",
      value: z.object({ text: z.string() }),
    }),
    other: value("other:{<id>}", {
      purpose: "It stays.",
      owner: "notes",
      writers: ["notes"],
      readers: [],
      tag: scopes.noteId,
      ttl: "1h",
      value: z.object({ text: z.string() }),
    }),
  },
});

/** The manifest of the keyspace, with its family note in a phase of its move. */
export function manifestIn(phase: Phase, more: Partial<ManifestMove> = {}): Manifest {
  const built = buildManifest(declared);
  if (built.manifest === undefined) throw new Error(JSON.stringify(built.problems));
  const { manifest } = built;
  const moved: ManifestMove = {
    from: "oldnote:<id>",
    strategy: "value",
    phase,
    until: "2099-01-31",
    keys: [{ to: "note:{<id>}", from: "oldnote:<id>", prefixAt: { to: 0, from: 0 } }],
    markTtl: 30 * 24 * 3600_000,
    ...more,
  };
  return {
    ...manifest,
    families: manifest.families.map((family) => (family.name === "note" ? { ...family, moved } : family)),
  };
}

export function target(client: TopologyClient, phase: Phase, prefix: string, more?: Partial<ManifestMove>): Target {
  return targetOf(client as never, manifestIn(phase, more), "note", prefix);
}

export function head(of: Target, task = "fill"): JournalHead {
  const { manifest, family, moved, prefix } = of;
  return {
    task,
    keyspace: manifest.name,
    family: family.name,
    from: moved.from,
    to: family.pattern,
    schema: schemaHash(manifest),
    phase: moved.phase,
    prefix,
  };
}

export async function serversOf({ store }: Target) {
  return (await primariesOf(store.executor.port)).map(({ server }) => server);
}

export async function noJournal(of: Target): Promise<Journal> {
  return Journal.none(head(of), await serversOf(of));
}

/** Called with each command of a fill before it is sent; what it throws ends the process, as a crash would. */
export const crash = { before: (_nth: number): void => undefined, nth: 0 };

function sent(): void {
  crash.nth += 1;
  crash.before(crash.nth);
}

/** GET and PEXPIRETIME of the old key, then SET PXAT of the new one. */
const plainFill: Fills = {
  phases: ["mirror", "flipped"],
  *fill(move, { old: [from], new: [to] }) {
    const plan = <T>(key: string, args: string[], decode: (reply: unknown) => T, writes = false) => {
      sent();
      return step(command(move.family, "fill", key, args, decode, writes ? commandThat.writes : commandThat.reads));
    };
    const text = (reply: unknown) => reply as string | null;
    const before = yield* plan(from as string, ["GET", from as string], text);
    if (before === null) return "absent";
    const deadline = yield* plan(from as string, ["PEXPIRETIME", from as string], Number);
    if ((yield* plan(to as string, ["GET", to as string], text)) === before) return "same";
    yield* plan(to as string, ["SET", to as string, before, "PXAT", String(deadline)], text, true);
    return "copied";
  },
};

/** For the tests of a file: the strategy's own fill is back afterwards. */
export function usePlainFill(): void {
  const own = moveFills.value;
  beforeAll(() => {
    moveFills.value = plainFill;
  });
  afterAll(() => {
    if (own === undefined) delete moveFills.value;
    else moveFills.value = own;
  });
}
