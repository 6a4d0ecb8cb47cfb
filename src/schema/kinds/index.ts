/**
 * The registry: one line a kind.
 *
 * @module
 */
import { cacheKind } from "./cache.js";
import { cappedListKind } from "./capped-list.js";
import { counterKind } from "./counter.js";
import { geoIndexKind } from "./geo-index.js";
import type { Kind } from "./kind.js";
import { presenceKind } from "./presence.js";
import { rateLimitKind } from "./rate-limit.js";
import { sessionKind } from "./session.js";
import { tokenKind } from "./token.js";
import { valueKind } from "./value.js";

export const kinds: Readonly<Record<string, Kind>> = {
  cache: cacheKind,
  cappedList: cappedListKind,
  counter: counterKind,
  geoIndex: geoIndexKind,
  presence: presenceKind,
  rateLimit: rateLimitKind,
  session: sessionKind,
  token: tokenKind,
  value: valueKind,
};
