/**
 * `bounded`, by a limit of fixed windows: no window admits more than the limit, and one call after the other exactly that.
 *
 * @module
 */
import { RateLimitMoves } from "../../../src/repositories/rate-limit-moves.js";
import { type RateLimitFamily, RateLimitPlans, type Taking } from "../../../src/repositories/rate-limit-plans.js";
import type { Verdict } from "../../../src/repositories/rate-limit-verdict.js";
import type { Steps } from "../../../src/runtime/moves/steps.js";
import { movesOfKinds } from "../../../src/schema/moves/index.js";
import type { Draw } from "../draw.js";
import type { Entry, History } from "./history.js";
import type { Client, MoveCase, Operation } from "./move-case.js";
import { usual } from "./plans.js";

const window = 600_000;
const limit = 4;

interface Data {
  readonly does: "count" | "look" | "countAndGiveBack";
  readonly cost: number;
  /** True where a refund failed meanwhile: then too much is counted until the window ends. */
  refundFailed?: boolean;
}

function familyOf(ladder: RateLimitFamily["ladder"]): RateLimitFamily {
  return {
    ...usual,
    name: "login",
    kind: "rateLimit",
    pattern: "rate:{login:<ip:text>}",
    limit,
    window,
    algorithm: "fixed-window",
    burst: limit,
    limitPerCall: null,
    whenDown: "throw",
    ladder,
  };
}

/** Entries between two moments at which windows end, and whether both keys began empty. */
interface Stretch {
  readonly from: number;
  readonly entries: readonly Entry<Data>[];
  readonly clean: boolean;
}

function stretches({ entries, elapsed }: History<Data>): Stretch[] {
  const ends = [0, ...elapsed.map(({ tick }) => tick), Number.POSITIVE_INFINITY];
  return ends.slice(1).map((to, i) => {
    const from = ends[i] as number;
    const within = entries.filter(({ begin, end }) => begin > from && (end < to || to === Number.POSITIVE_INFINITY));
    return { from, entries: within, clean: entries.every(({ begin, end }) => begin > from || end < from) };
  });
}

const admitted = ({ data, outcome, result }: Entry<Data>): number =>
  outcome === "answered" && data.does === "count" && (result as Verdict).allowed ? data.cost : 0;

function check(history: History<Data>): string[] {
  const found: string[] = [];
  for (const { from, entries, clean } of stretches(history)) {
    const total = entries.reduce((sum, entry) => sum + admitted(entry), 0);
    if (total > limit) found.push(`${total} were admitted in one window, of ${limit}`);
    if (!clean) continue;
    let before = 0;
    for (const [i, entry] of entries.entries()) {
      // What failed may have counted; what overlaps may have taken for a moment what it gives back.
      const unsure = history.entries.some(
        (other) =>
          other !== entry &&
          other.begin > from &&
          other.begin < entry.end &&
          (other.outcome === "unknown" || other.data.refundFailed === true || other.end > entry.begin),
      );
      if (unsure || entry.outcome !== "answered") continue;
      before = entries.slice(0, i).reduce((sum, other) => sum + admitted(other), 0);
      const verdict = entry.result as Verdict;
      const room = before + entry.data.cost <= limit;
      if (verdict.allowed !== room) {
        found.push(
          `${entry.name} of ${entry.client} (${entry.phase}) at ${entry.begin} after ${before}: ${verdict.allowed}`,
        );
      }
      const left = limit - before - (room && entry.data.does !== "look" ? entry.data.cost : 0);
      // The first key that denies is the last that is asked.
      const told = room ? verdict.remaining === left : verdict.remaining >= left;
      if (!told) found.push(`${entry.name} at ${entry.begin} left ${verdict.remaining}, not ${left}`);
    }
  }
  return found;
}

function caseOf(name: string, ladder: RateLimitFamily["ladder"]): MoveCase<Data> {
  const family = familyOf(ladder);
  const plans = new RateLimitPlans(family);
  const companions = ladder === null ? ["blocked"] : ["blocked", "violations"];

  /** As one of several limits in order does, where a later one denies. */
  function* countAndGiveBack(client: Client, cost: number): Steps<Verdict> {
    const { verdict, id } = (yield* client.run(RateLimitPlans.take(plans, client.key, { cost }))) as Taking;
    if (verdict.allowed) yield* client.run(RateLimitPlans.refund(plans, client.key, { cost }, id));
    return verdict;
  }

  /** The same steps; tells of a refund that failed. */
  function* watched<T>(client: Client, data: Data, steps: Steps<T>): Steps<T> {
    const before = client.move.counts.mirrorFailures;
    const result = yield* steps;
    if (client.move.counts.mirrorFailures > before) data.refundFailed = true;
    return result;
  }

  const look = (client: Client): Operation<Data> => ({
    name: "look",
    data: { does: "look", cost: 1 },
    steps: () => client.run(plans.peek(client.key)),
  });

  return {
    strategy: "bounded",
    name,
    family,
    uses: movesOfKinds.rateLimit?.bounded ?? {},
    keys: [
      { to: "rate:{login:<ip:text>}", from: "login_ip:<ip:text>", prefixAt: { to: 0, from: 0 } },
      ...companions.map((companion) => ({
        companion,
        to: `rate:{login:<ip:text>}:${companion}`,
        from: `{login_ip:<ip:text>}:${companion}`,
        prefixAt: { to: 0, from: 1 } as const,
      })),
    ],
    keyOf: (place) => `rate:{login:${place}}`,
    bounded: new RateLimitMoves(family),
    ttl: window,
    operation(client, draw: Draw) {
      const cost = draw.int(1, 2);
      switch (draw.int(0, 5)) {
        case 0:
          return look(client);
        case 1: {
          const data: Data = { does: "countAndGiveBack", cost };
          const steps = () => watched(client, data, countAndGiveBack(client, cost));
          return { name: `count ${cost} and give back`, data, steps };
        }
        default: {
          const data: Data = { does: "count", cost };
          const steps = () => watched(client, data, client.run(plans.consume(client.key, { cost })));
          return { name: `count ${cost}`, data, steps };
        }
      }
    },
    probe: look,
    gate(from, to) {
      // What one key alone has counted ends with its window.
      return from === "both" && to !== "both" ? { elapse: window } : undefined;
    },
    check,
    controls: [{ phases: ["legacy", "new"], because: "each admits the limit on a key of its own" }],
  };
}

export const bounded = caseOf("bounded", null);

/** With a ladder that no schedule climbs: denials are counted on both keys. */
export const boundedByLadder = caseOf("bounded, denials counted", {
  remember: window,
  steps: [{ violations: 1_000_000, block: window }],
  reason: "too-many",
});
