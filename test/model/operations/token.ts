import type { TokenRepository } from "../../../src/repositories/token.js";
import type { CodeRepository } from "../../../src/repositories/token-code.js";
import { operations } from "./operations.js";

/** Of a family whose TTL the caller chooses. */
const lives = (repository: TokenRepository<unknown, unknown>, ms: number) =>
  (repository.family.ttl.kind === "upTo" ? [{ ttl: ms }] : []) as [];

export const tokenOperations = operations<TokenRepository<unknown, unknown>, unknown, unknown>([
  (repository, key, { value }, draw) => repository.issue(key, value(draw), ...lives(repository, draw.int(1, 60_000))),
  (repository, key) => repository.consume(key),
  (repository, key) => repository.peek(key),
  (repository, key, { key: other }, draw) => repository.rotate(key, other(draw)),
  (repository, key) => repository.revoke(key),
]);

export const codeOperations = operations<CodeRepository<unknown, string>, unknown, string>([
  (repository, key, { value }, draw) => repository.issue(key, value(draw)),
  (repository, key, { value }, draw) => repository.verify(key, value(draw)),
  (repository, key) => repository.revoke(key),
]);
