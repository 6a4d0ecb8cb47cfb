/**
 * The registry: one line a kind.
 *
 * @module
 */
import { cacheOperations } from "./cache.js";
import { cappedListOperations } from "./capped-list.js";
import { counterOperations } from "./counter.js";
import { geoIndexOperations } from "./geo-index.js";
import type { Operate } from "./operations.js";
import { presenceOperations, subjectPresenceOperations } from "./presence.js";
import { rateLimitOperations } from "./rate-limit.js";
import { sessionOperations } from "./session.js";
import { codeOperations, tokenOperations } from "./token.js";
import { valueOperations } from "./value.js";

/** By the kind; where a kind has two repositories, by `kind/what tells it` as {@link operationsOf} does. */
const registry: Readonly<Record<string, Operate<never>>> = {
  cache: cacheOperations,
  cappedList: cappedListOperations,
  counter: counterOperations,
  geoIndex: geoIndexOperations,
  presence: presenceOperations,
  "presence/subject": subjectPresenceOperations,
  rateLimit: rateLimitOperations,
  session: sessionOperations,
  token: tokenOperations,
  "token/code": codeOperations,
  value: valueOperations,
};

/** The random operations of a repository; undefined where its kind has not joined. */
export function operationsOf(repository: { readonly family: { readonly kind: string } }): Operate<unknown> | undefined {
  const { family } = repository;
  if (family.kind === "presence" && !("member" in family)) return registry["presence/subject"] as Operate<unknown>;
  if (family.kind === "token" && "code" in family) return registry["token/code"] as Operate<unknown>;
  return registry[family.kind] as Operate<unknown> | undefined;
}
