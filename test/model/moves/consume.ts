/**
 * `consume`, by a token: what was issued is consumed once, and by somebody.
 *
 * @module
 */
import { z } from "zod";
import { type TokenFamily, type TokenKeys, TokenPlans } from "../../../src/repositories/token-plans.js";
import { AlreadyExistsError } from "../../../src/runtime/errors.js";
import { movesOfKinds } from "../../../src/schema/moves/index.js";
import { compileCodec } from "../../../src/schema/values/codec.js";
import type { Draw } from "../draw.js";
import { checkOneWinner } from "./checks.js";
import type { Entry, History } from "./history.js";
import type { Client, MoveCase, Operation } from "./move-case.js";
import { runtimeOfPlans, usual } from "./plans.js";

const ttl = 600_000;
const family: TokenFamily<never, string> = {
  ...usual,
  name: "invite",
  kind: "token",
  pattern: "invite:{<token:text>}",
  ttl: { kind: "fixed", ms: ttl },
  current: undefined,
  value: compileCodec(z.string(), "string"),
};
const plans = new TokenPlans(runtimeOfPlans, family);

interface Data {
  readonly does: "issue" | "consume" | "peek" | "revoke";
  readonly value?: string;
}

const keysOf = (client: Client): TokenKeys => ({ key: client.key, pointer: undefined, token: "" });

function consume(client: Client): Operation<Data> {
  return { name: "consume", data: { does: "consume" }, steps: () => client.run(plans.consume(keysOf(client))) };
}

function operation(client: Client, draw: Draw, fresh: number): Operation<Data> {
  const value = `v${fresh}`;
  switch (draw.int(0, 8)) {
    case 0:
      return { name: "revoke", data: { does: "revoke" }, steps: () => client.run(plans.revoke(keysOf(client))) };
    case 1:
      return { name: "peek", data: { does: "peek" }, steps: () => client.run(plans.peek(keysOf(client))) };
    case 2:
    case 3:
    case 4:
      return {
        name: `issue ${value}`,
        data: { does: "issue", value },
        steps: () => client.run(plans.issue(keysOf(client), value)),
      };
    default:
      return consume(client);
  }
}

function check(history: History<Data>): string[] {
  const { entries, elapsed } = history;
  const found = checkOneWinner(history, ({ data, result }) =>
    data.does === "consume" && typeof result === "string" ? result : undefined,
  );
  const answered = entries.filter(({ outcome }) => outcome === "answered");
  const takers = entries.filter(({ data, outcome }) => /consume|revoke/.test(data.does) && outcome !== "nothing");
  const tell = ({ name, client, phase, begin }: Entry) => `${name} of ${client} (${phase}) at ${begin}`;

  for (const entry of answered) {
    const value = entry.result;
    if ((entry.data.does !== "consume" && entry.data.does !== "peek") || typeof value !== "string") continue;
    const issue = entries.find(({ data }) => data.value === value) as Entry<Data>;
    if (issue.outcome === "nothing" && issue.end < entry.begin)
      found.push(`${tell(entry)} found ${value}, which was refused`);
    const ended = answered.find(
      ({ data, begin, end, result }) =>
        end < entry.begin &&
        ((data.does === "consume" && result === value) || (data.does === "revoke" && begin > issue.end)),
    );
    if (ended !== undefined) found.push(`${tell(entry)} found ${value}, which ${tell(ended)} had ended`);
  }
  const issues = entries.filter(({ data, outcome }) => data.does === "issue" && outcome !== "nothing");
  for (const issue of answered.filter(({ data }) => data.does === "issue")) {
    const miss = answered.find(
      ({ data, begin, result }) => data.does === "consume" && begin > issue.end && result === null,
    );
    if (miss === undefined) continue;
    const theirs = takers.filter(({ begin, end }) => begin < miss.end && end > issue.begin);
    // Before the issue was acknowledged nobody knows the token: what looks for it then may take its first half. Nor
    // is a random token issued again; where a key is, while it is consumed, one of both may be lost.
    const early = theirs.some(({ begin }) => begin < issue.end);
    const again = issues.some(
      (other) => other !== issue && [issue, ...theirs].some(({ begin, end }) => other.begin < end && other.end > begin),
    );
    const taken = theirs.some((other) => other !== miss && other.result !== null && other.result !== false);
    // Also for one that had taken the first half, and finds the second gone.
    const last = Math.max(miss.end, ...theirs.map(({ end }) => end));
    const ended = elapsed.some(({ tick, before }) => tick < last && issue.begin < before);
    if (!taken && !ended && !early && !again)
      found.push(`${tell(miss)} found nothing, and nobody had consumed ${issue.data.value}`);
  }
  return found;
}

/** One lifetime passes. */
const lifetime = { elapse: ttl };

export const consumeCase: MoveCase<Data> = {
  strategy: "consume",
  family,
  uses: movesOfKinds.token?.consume ?? {},
  keys: [{ to: "invite:{<token:text>}", from: "verify:<token:text>", prefixAt: { to: 0, from: 0 } }],
  keyOf: (place) => `invite:{${place}}`,
  ttl,
  operation,
  gate(from, to) {
    // What legacy issued or consumed at the old key alone.
    if (from === "mirror" && to === "both") return lifetime;
    // What mirror consumed before its issue had come to the new key.
    if (from === "both" && to === "flipped") return lifetime;
    // What new issued at the new key alone.
    if (from === "flipped" && to === "both") return lifetime;
    return undefined;
  },
  check,
  refuses: (error) => error instanceof AlreadyExistsError,
  controls: [
    { phases: ["legacy", "both"], because: "what legacy issues is not at both keys" },
    { phases: ["legacy", "flipped"], because: "what legacy consumed is still at the new key" },
    { phases: ["legacy", "new"], because: "each issues to a key of its own" },
    { phases: ["mirror", "flipped"], because: "one wins by the old key, the other by the new one" },
    { phases: ["mirror", "new"], because: "what new issues is not at the old key" },
    { phases: ["both", "new"], because: "what new issues is not at the old key" },
  ],
};
