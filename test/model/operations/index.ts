/**
 * The registry of the model and chaos tests: one line a kind.
 *
 * @module
 */
import type { Model } from "../answers.js";
import { cacheModel, cacheOperations } from "./cache.js";
import { cappedListModel, cappedListOperations } from "./capped-list.js";
import { counterModel, counterOperations } from "./counter.js";
import { geoIndexModel, geoIndexOperations } from "./geo-index.js";
import type { Operate } from "./operations.js";
import { presenceModel, presenceOperations, subjectPresenceModel, subjectPresenceOperations } from "./presence.js";
import { rateLimitModel, rateLimitOperations } from "./rate-limit.js";
import { sessionModel, sessionOperations } from "./session.js";
import { codeModel, codeOperations, tokenModel, tokenOperations } from "./token.js";
import { valueModel, valueOperations } from "./value.js";

interface Kind {
  /** Its operations by chance. */
  readonly operate: Operate<never>;
  /** What they may answer. */
  readonly model: Model;
}

/** By the kind; where a kind has two repositories, by `kind/what tells it` as {@link operationsOf} does. */
const registry: Readonly<Record<string, Kind>> = {
  cache: { operate: cacheOperations, model: cacheModel },
  cappedList: { operate: cappedListOperations, model: cappedListModel },
  counter: { operate: counterOperations, model: counterModel },
  geoIndex: { operate: geoIndexOperations, model: geoIndexModel },
  presence: { operate: presenceOperations, model: presenceModel },
  "presence/subject": { operate: subjectPresenceOperations, model: subjectPresenceModel },
  rateLimit: { operate: rateLimitOperations, model: rateLimitModel },
  session: { operate: sessionOperations, model: sessionModel },
  token: { operate: tokenOperations, model: tokenModel },
  "token/code": { operate: codeOperations, model: codeModel },
  value: { operate: valueOperations, model: valueModel },
};

type AnyRepository = { readonly family: { readonly kind: string } };

/** The name of a repository's line in the registry. */
export function kindOf({ family }: AnyRepository): string {
  if (family.kind === "presence" && !("member" in family)) return "presence/subject";
  if (family.kind === "token" && "code" in family) return "token/code";
  return family.kind;
}

/** The random operations of a repository; undefined where its kind has not joined. */
export function operationsOf(repository: AnyRepository): Operate<unknown> | undefined {
  return registry[kindOf(repository)]?.operate as Operate<unknown> | undefined;
}

/** The model of a repository; undefined where its kind has not joined. */
export function modelOf(repository: AnyRepository): Model | undefined {
  return registry[kindOf(repository)]?.model;
}
