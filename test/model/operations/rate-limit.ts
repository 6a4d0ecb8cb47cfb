import type { RateLimitRepository } from "../../../src/repositories/rate-limit.js";
import { operations } from "./operations.js";

export const rateLimitOperations = operations<RateLimitRepository<unknown>, unknown, unknown>([
  (repository, key) => repository.consume(key),
  (repository, key, _samples, draw) => repository.consume(key, { cost: draw.int(1, 5) }),
  (repository, key) => repository.peek(key),
  (repository, key, _samples, draw) => repository.penalty(key, draw.int(1, 3)),
  (repository, key, _samples, draw) => repository.reward(key, draw.int(1, 3)),
  (repository, key, _samples, draw) => repository.block(key, draw.int(1, 60_000), "by-chance"),
  (repository, key) => repository.unblock(key),
  (repository, key) => repository.reset(key),
]);
