/**
 * The registry: one line a kind.
 *
 * @module
 */
import { counterKind } from "./counter.js";
import type { Kind } from "./kind.js";
import { presenceKind } from "./presence.js";
import { rateLimitKind } from "./rate-limit.js";
import { sessionKind } from "./session.js";
import { valueKind } from "./value.js";

export const kinds: Readonly<Record<string, Kind>> = {
  counter: counterKind,
  presence: presenceKind,
  rateLimit: rateLimitKind,
  session: sessionKind,
  value: valueKind,
};
