/**
 * A transaction: plans of one scope, sent as MULTI/EXEC.
 *
 * @module
 */
import {
  type ErrorContext,
  type KeywrightError,
  MisuseError,
  TransactionError,
  type TransactionOutcome,
} from "./errors.js";
import type { Executor } from "./executor.js";
import { failureOf } from "./failure.js";
import type { Plan } from "./plan.js";

/** The results of a transaction's operations, typed in their order. */
export type TransactionResults<P extends readonly Plan<unknown>[]> = {
  -readonly [I in keyof P]: P[I] extends Plan<infer T> ? T : never;
};

/**
 * Sends the listed plans as one MULTI/EXEC, in one round trip.
 *
 * @param made every plan that was built from the tx: one that is not listed is an error before anything is sent
 * @throws MisuseError, CrossSlotError (nothing was sent), TransactionError (some operations failed, the rest was applied)
 */
export async function runTransaction(
  scope: string,
  executor: Executor,
  made: readonly Plan<unknown>[],
  listed: readonly Plan<unknown>[],
): Promise<unknown[]> {
  const context: ErrorContext = { family: scope, operation: "transaction" };
  const left = made.find((plan) => !listed.includes(plan));
  if (left !== undefined) {
    throw new MisuseError(
      context,
      `${left.family.name}.${left.operation} was built but is not in the returned list`,
      "Nothing was sent. Return every operation of the transaction in its list.",
    );
  }
  if (new Set(listed).size !== listed.length) {
    throw new MisuseError(
      context,
      "an operation is listed twice",
      "Nothing was sent. Build one operation for each change.",
    );
  }
  const bytes = listed.find((plan) => plan.binary);
  if (bytes !== undefined) {
    throw new MisuseError(
      context,
      `${bytes.family.name}.${bytes.operation} answers with bytes, which MULTI/EXEC cannot carry through node-redis`,
      "Nothing was sent. Read it outside of the transaction.",
    );
  }
  const replies = await executor.transaction(listed);
  const outcomes = listed.map((plan, i): TransactionOutcome => {
    const reply = replies[i];
    try {
      if (reply instanceof Error) throw reply;
      return { ok: true, value: plan.decode(reply) };
    } catch (error) {
      return { ok: false, error: failureOf(error, plan.family, plan.operation, plan.writes) as KeywrightError };
    }
  });
  if (outcomes.some((outcome) => !outcome.ok)) throw new TransactionError(context, outcomes);
  return outcomes.map((outcome) => (outcome as { value: unknown }).value);
}
