/**
 * Keywright's limiter as generated code builds it: a fixed window, so wide and high that nothing is denied.
 *
 * @module
 */
import { type RateLimitFamily, RateLimitRepository } from "../../src/repositories/rate-limit.js";
import type { Clients } from "../../src/runtime/clients.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { hex } from "../../src/schema/patterns/encode.js";

export const LIMIT = 1_000_000_000;
export const WINDOW_MS = 3_600_000;

const family: RateLimitFamily = {
  name: "benchLimit",
  kind: "rateLimit",
  pattern: "rate:<token:hex>",
  store: "default",
  tier: "R1",
  deadline: 1500,
  retries: 0,
  tagged: false,
  limit: LIMIT,
  window: WINDOW_MS,
  algorithm: "fixed-window",
  burst: LIMIT,
  limitPerCall: null,
  whenDown: "throw",
  ladder: null,
};

export class Limits extends RateLimitRepository<{ readonly token: string }> {
  constructor(client: unknown, prefix: string) {
    super(new Runtime(client as Clients, ["default"]), family, (k) => `${prefix}rate:${hex(k.token, "token")}`);
  }
}
