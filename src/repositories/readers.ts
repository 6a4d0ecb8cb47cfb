/**
 * What a service that only reads has of each kind. The first type argument is the sentence that the editor shows in the
 * place of a writing operation; the others are those of the repository.
 *
 * Interfaces, since the compiler works their members out where a program uses one. An alias in their place is worked out
 * for every family of every service. Those of transactions take the parameters that the scope leaves open, then what the plans take.
 *
 * @module
 */
import type { ReadOnly } from "./access.js";
import type { CachePlans, CacheRepository } from "./cache.js";
import type { CappedListPlans, CappedListRepository, History } from "./capped-list.js";
import type { CounterPlans, CounterRepository } from "./counter.js";
import type { GeoIndexPlans, GeoIndexRepository } from "./geo-index.js";
import type { PresencePlans, PresenceRepository, SubjectPresencePlans, SubjectPresenceRepository } from "./presence.js";
import type { RateLimitPlans, RateLimitRepository } from "./rate-limit.js";
import type { InTransaction } from "./scope.js";
import type { SessionPlans, SessionRepository } from "./session.js";
import type { CodePlans, CodeRepository, TokenPlans, TokenRepository } from "./token.js";
import type { ValuePlans, ValueRepository } from "./value.js";

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

export interface CacheTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<CachePlans<V>, R>, typeof CacheRepository, Why> {}

export interface CappedListTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<CappedListPlans<V>, R>, typeof CappedListRepository, Why> {}

export interface CodeTransactionReader<Why extends string, R, C extends string>
  extends ReadOnly<InTransaction<CodePlans<C>, R>, typeof CodeRepository, Why> {}

export interface CounterTransactionReader<Why extends string, R>
  extends ReadOnly<InTransaction<CounterPlans, R>, typeof CounterRepository, Why> {}

export interface GeoIndexTransactionReader<Why extends string, R, M extends string>
  extends ReadOnly<InTransaction<GeoIndexPlans<M>, R>, typeof GeoIndexRepository, Why> {}

export interface PresenceTransactionReader<Why extends string, R, M extends string>
  extends ReadOnly<InTransaction<PresencePlans<M>, R>, typeof PresenceRepository, Why> {}

export interface RateLimitTransactionReader<Why extends string, R>
  extends ReadOnly<InTransaction<RateLimitPlans, R>, typeof RateLimitRepository, Why> {}

export interface SessionTransactionReader<Why extends string, R, V, O = never>
  extends ReadOnly<InTransaction<SessionPlans<V, O>, R>, typeof SessionRepository, Why> {}

export interface SubjectPresenceTransactionReader<Why extends string, R>
  extends ReadOnly<InTransaction<SubjectPresencePlans, R>, typeof SubjectPresenceRepository, Why> {}

export interface TokenTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<TokenPlans<V>, R>, typeof TokenRepository, Why> {}

export interface ValueTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<ValuePlans<V>, R>, typeof ValueRepository, Why> {}
