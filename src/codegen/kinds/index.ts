/**
 * The registry: one line a kind.
 *
 * @module
 */
import { cacheEmitter } from "./cache.js";
import { cappedListEmitter } from "./capped-list.js";
import { counterEmitter } from "./counter.js";
import { geoIndexEmitter } from "./geo-index.js";
import type { KindEmitter } from "./kind-emitter.js";
import { presenceEmitter } from "./presence.js";
import { rateLimitEmitter } from "./rate-limit.js";
import { sessionEmitter } from "./session.js";
import { tokenEmitter } from "./token.js";
import { valueEmitter } from "./value.js";

export const emitters: Readonly<Record<string, KindEmitter>> = {
  cache: cacheEmitter,
  cappedList: cappedListEmitter,
  counter: counterEmitter,
  geoIndex: geoIndexEmitter,
  presence: presenceEmitter,
  rateLimit: rateLimitEmitter,
  session: sessionEmitter,
  token: tokenEmitter,
  value: valueEmitter,
};
