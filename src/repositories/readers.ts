/**
 * What a service that only reads has of each kind. The first type argument is the sentence that the editor shows in the
 * place of a writing operation; the others are those of the repository.
 *
 * Interfaces, since the compiler works their members out where a program uses one. An alias in their place is worked out
 * for every family of every service.
 *
 * @module
 */
import type { ReadOnly } from "./access.js";
import type { CacheRepository } from "./cache.js";
import type { CappedListRepository, History } from "./capped-list.js";
import type { CounterRepository } from "./counter.js";
import type { GeoIndexRepository } from "./geo-index.js";
import type { PresenceRepository, SubjectPresenceRepository } from "./presence.js";
import type { RateLimitRepository } from "./rate-limit.js";
import type { SessionRepository } from "./session.js";
import type { CodeRepository, TokenRepository } from "./token.js";
import type { ValueRepository } from "./value.js";

export interface CacheReader<Why extends string, K, V, N extends null = never>
  extends ReadOnly<CacheRepository<K, V, N>, typeof CacheRepository, Why> {}

export interface CappedListReader<Why extends string, K, V, H extends History = History>
  extends ReadOnly<CappedListRepository<K, V, H>, typeof CappedListRepository, Why> {}

export interface CodeReader<Why extends string, K, C extends string = string>
  extends ReadOnly<CodeRepository<K, C>, typeof CodeRepository, Why> {}

export interface CounterReader<Why extends string, K>
  extends ReadOnly<CounterRepository<K>, typeof CounterRepository, Why> {}

export interface GeoIndexReader<Why extends string, K, M extends string = string>
  extends ReadOnly<GeoIndexRepository<K, M>, typeof GeoIndexRepository, Why> {}

export interface PresenceReader<Why extends string, K, M extends string = string>
  extends ReadOnly<PresenceRepository<K, M>, typeof PresenceRepository, Why> {}

export interface RateLimitReader<Why extends string, K>
  extends ReadOnly<RateLimitRepository<K>, typeof RateLimitRepository, Why> {}

export interface SessionReader<Why extends string, K, V, O = never>
  extends ReadOnly<SessionRepository<K, V, O>, typeof SessionRepository, Why> {}

export interface SubjectPresenceReader<Why extends string, K>
  extends ReadOnly<SubjectPresenceRepository<K>, typeof SubjectPresenceRepository, Why> {}

export interface TokenReader<Why extends string, K, V, T extends keyof K = never>
  extends ReadOnly<TokenRepository<K, V, T>, typeof TokenRepository, Why> {}

export interface ValueReader<Why extends string, K, V>
  extends ReadOnly<ValueRepository<K, V>, typeof ValueRepository, Why> {}
