/**
 * A transaction: plans of one scope, sent as MULTI/EXEC.
 *
 * @module
 */

import type { PartialProfile } from "../schema/profile.js";
import { type ErrorContext, MisuseError, TransactionError, type TransactionOutcome } from "./errors.js";
import type { Executor } from "./executor.js";
import { failureOf, unreadable } from "./failure.js";
import type { Plan } from "./plan.js";

/** The results of a transaction's operations, typed in their order. */
export type TransactionResults<P extends readonly Plan<unknown>[]> = {
  -readonly [I in keyof P]: P[I] extends Plan<infer T> ? T : never;
};

/**
 * Sends the listed plans as one MULTI/EXEC, in one round trip.
 *
 * @param made every plan that was built from the tx: one that is not listed is an error before anything is sent
 * @param profile in the place of the deadlines and the retries of the plans' families
 * @throws MisuseError, CrossSlotError (nothing was sent), TransactionError (some operations failed, the rest was applied)
 */
export async function runTransaction(
  scope: string,
  executor: Executor,
  made: readonly Plan<unknown>[],
  listed: readonly Plan<unknown>[],
  profile?: PartialProfile,
): Promise<unknown[]> {
  const context: ErrorContext = { family: scope, operation: "transaction" };
  const refuse = (what: string, fix: string): never => {
    throw new MisuseError(context, what, `Nothing was sent. ${fix}`);
  };
  if (!Array.isArray(listed)) {
    refuse(
      "the function that builds it did not return a list",
      "Return the operations in an array, and await nothing in between.",
    );
  }
  const known = new Set(made);
  const sent = new Set(listed);
  for (const plan of sent) {
    if (!known.has(plan)) {
      refuse(
        "the list holds something that its tx did not build",
        "Build every operation from the tx that it hands you.",
      );
    }
  }
  for (const plan of known) {
    if (sent.has(plan)) continue;
    refuse(
      `${plan.family.name}.${plan.operation} was built but is not in the returned list`,
      "Return every operation of the transaction in its list.",
    );
  }
  if (sent.size !== listed.length) {
    refuse("an operation is listed twice", "Build one operation for each change.");
  }
  const bytes = listed.find((plan) => plan.binary);
  if (bytes !== undefined) {
    refuse(
      `${bytes.family.name}.${bytes.operation} answers with bytes, which MULTI/EXEC cannot carry through node-redis`,
      "Read it outside of the transaction.",
    );
  }
  const replies = await executor.transaction(listed, profile);
  const outcomes = listed.map((plan, i): TransactionOutcome => {
    const reply = replies[i];
    const { family, operation, writes } = plan;
    if (reply instanceof Error) return { ok: false, error: failureOf(reply, family, operation, writes) };
    try {
      return { ok: true, value: plan.decode(reply) };
    } catch (error) {
      return { ok: false, error: unreadable(error, family, operation, writes) };
    }
  });
  if (outcomes.some((outcome) => !outcome.ok)) throw new TransactionError(context, outcomes);
  return outcomes.map((outcome) => (outcome as { value: unknown }).value);
}
