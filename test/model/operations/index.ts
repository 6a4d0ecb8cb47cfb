/**
 * The registry: one line a kind.
 *
 * @module
 */
import { cappedListOperations } from "./capped-list.js";
import { counterOperations } from "./counter.js";
import { geoIndexOperations } from "./geo-index.js";
import type { Operate } from "./operations.js";
import { presenceOperations, subjectPresenceOperations } from "./presence.js";
import { rateLimitOperations } from "./rate-limit.js";
import { sessionOperations } from "./session.js";
import { valueOperations } from "./value.js";

/** By the kind; where a kind has two repositories, by `kind/what tells it` as {@link operationsOf} does. */
const registry: Readonly<Record<string, Operate<never>>> = {
  cappedList: cappedListOperations,
  counter: counterOperations,
  geoIndex: geoIndexOperations,
  presence: presenceOperations,
  "presence/subject": subjectPresenceOperations,
  rateLimit: rateLimitOperations,
  session: sessionOperations,
  value: valueOperations,
};

/** The random operations of a repository; undefined where its kind has not joined. */
export function operationsOf(repository: { readonly family: { readonly kind: string } }): Operate<unknown> | undefined {
  const { kind } = repository.family;
  const subject = kind === "presence" && !("member" in repository.family);
  return registry[subject ? "presence/subject" : kind] as Operate<unknown> | undefined;
}
