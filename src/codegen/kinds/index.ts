/**
 * The registry: one line a kind.
 *
 * @module
 */
import { counterEmitter } from "./counter.js";
import type { KindEmitter } from "./kind-emitter.js";
import { presenceEmitter } from "./presence.js";
import { rateLimitEmitter } from "./rate-limit.js";
import { sessionEmitter } from "./session.js";
import { valueEmitter } from "./value.js";

export const emitters: Readonly<Record<string, KindEmitter>> = {
  counter: counterEmitter,
  presence: presenceEmitter,
  rateLimit: rateLimitEmitter,
  session: sessionEmitter,
  value: valueEmitter,
};
