/**
 * Verify: holds the two sides of every place against each other, in both directions. Traffic goes on meanwhile, so a
 * difference counts only where it stands in several rounds.
 *
 * @module
 */
import { patiently } from "./attempts.js";
import { comparisons, type DifferenceKind, type Differences, differenceKinds, differencesOf } from "./differences.js";
import type { Journal } from "./journal.js";
import { inParallel, Pace } from "./pace.js";
import { marksPass, passesOf } from "./passes.js";
import { MigrationRefusal } from "./refusal.js";
import { type ScanOptions, scanAll } from "./scan.js";
import { type SideState, sideState } from "./side-state.js";
import type { Target } from "./target.js";

export interface VerifyOptions extends ScanOptions {
  /** Places a second. */
  readonly rate: number;
  readonly concurrency?: number;
  /** In how many rounds a difference must stand: 3 where it is left out. */
  readonly rounds?: number;
  /** Between two of them, in milliseconds: 1,000 where it is left out. */
  readonly pause?: number;
  /** By how much deadlines may differ, in milliseconds: 1,000 where it is left out. */
  readonly tolerance?: number;
  /** How many differences are named: 20 where it is left out. */
  readonly samples?: number;
}

export interface Difference {
  readonly kind: DifferenceKind;
  readonly old: string;
  readonly new: string;
}

export interface Verified {
  readonly ended: boolean;
  readonly places: number;
  readonly differences: Readonly<Record<DifferenceKind, number>>;
  /** All of them together. */
  readonly total: number;
  /** Some of them. */
  readonly samples: readonly Difference[];
}

interface Suspect {
  readonly old: readonly string[];
  readonly new: readonly string[];
  readonly found: Differences;
}

/** So many suspects are kept before their rounds are made: memory is bounded whatever differs. */
const mostSuspects = 10_000;

/** @throws MigrationRefusal where the strategy writes nothing twice, or MigrationStopped where Redis fails */
export async function verify(target: Target, journal: Journal, options: VerifyOptions): Promise<Verified> {
  const { family, moved, prefix, store, twins, move } = target;
  const { rate, concurrency = 32, rounds = 3, pause = 1000, tolerance = 1000, samples: most = 20 } = options;
  const how = comparisons[moved.strategy];
  if (how === undefined) {
    throw new MigrationRefusal(
      `${family.name} moves by ${moved.strategy}, which writes nothing twice: there is nothing to compare`,
      "See keywright migrate status for what the next phase waits for.",
    );
  }
  const pace = new Pace(rate);
  const samples: Difference[] = [];
  let suspects: Suspect[] = [];

  const sides = (unit: { readonly old: readonly string[]; readonly new: readonly string[] }) =>
    patiently(() =>
      Promise.all([sideState(store.executor, move.family, unit.old), sideState(store.executor, move.family, unit.new)]),
    );

  /** Looks at the suspects again and again; what still differs in the same way counts. */
  const convict = async (): Promise<void> => {
    for (let round = 1; round < rounds && suspects.length > 0; round++) {
      await new Promise((done) => setTimeout(done, pause));
      const standing: Suspect[] = [];
      await inParallel(suspects, concurrency, async (suspect) => {
        await pace.turn();
        const now = differencesOf(how, ...(await sides(suspect)), tolerance);
        const found = new Map([...suspect.found].filter(([i, kind]) => now.get(i) === kind));
        if (found.size > 0) standing.push({ ...suspect, found });
      });
      suspects = standing;
    }
    for (const suspect of suspects) {
      for (const [i, kind] of suspect.found) {
        journal.count(kind);
        if (samples.length < most) samples.push({ kind, old: suspect.old[i] as string, new: suspect.new[i] as string });
      }
    }
    suspects = [];
  };

  const passes = [
    ...passesOf(moved.keys, "old", prefix),
    // What was handed over has left a seal; of new keys alone there is nothing to say.
    ...(how === "handed-over" ? [marksPass(moved.keys, "old", prefix)] : passesOf(moved.keys, "new", prefix)),
  ];
  let ended: boolean;
  try {
    ended = await scanAll(
      store.executor.port,
      passes,
      journal,
      async (keys, pass) => {
        let places = 0;
        const found: Suspect[] = [];
        await inParallel([...new Set(keys)], concurrency, async (key) => {
          const unit = twins.unitOf(pass.placeOf(key));
          if (unit === undefined) return;
          await pace.turn();
          const [old, fresh] = await sides(unit);
          if (!isFirst(key, unit, old, fresh)) return;
          places += 1;
          const differences = differencesOf(how, old, fresh, tolerance);
          if (differences.size > 0) found.push({ old: unit.old, new: unit.new, found: differences });
        });
        journal.count("places", places);
        // Where all is scanned again, what was found before is found again.
        const known = new Set(suspects.map((suspect) => suspect.new[0]));
        suspects.push(...found.filter((suspect) => !known.has(suspect.new[0])));
        if (suspects.length >= mostSuspects) await convict();
      },
      options,
    );
    await convict();
  } catch (error) {
    journal.save();
    throw error;
  }
  if (ended) journal.save(true);
  const { counts } = journal;
  const differences = Object.fromEntries(differenceKinds.map((kind) => [kind, counts[kind] ?? 0])) as Record<
    DifferenceKind,
    number
  >;
  const total = Object.values(differences).reduce((sum, count) => sum + count, 0);
  return { ended, places: counts.places ?? 0, differences, total, samples };
}

/** True where no earlier key of the place is there: each place is looked at once, by the first of its keys. */
function isFirst(
  key: string,
  unit: { readonly old: readonly string[]; readonly new: readonly string[] },
  old: SideState,
  fresh: SideState,
): boolean {
  const states = [...old.keys, ...fresh.keys];
  const keys = [...unit.old, ...unit.new];
  // A mark comes behind all old keys.
  const at = keys.includes(key) ? keys.indexOf(key) : unit.old.length;
  return states.slice(0, at).every(({ type }) => type === "none");
}
