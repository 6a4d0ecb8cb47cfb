/**
 * What services and generated code use: the repositories, the runtime's options, errors and events.
 *
 * @module
 */
export { type ClosedClients, type CloseOptions, closeClients } from "./clients/close-clients.js";
export { type ConnectOptions, connectClients } from "./clients/connect-clients.js";
export { type OpenOptions, type OpenStore, openStore } from "./clients/open-store.js";
export {
  type ClientTimeouts,
  type RecommendedClientOptions,
  type RecommendedClusterOptions,
  type RecommendedSentinelOptions,
  recommendedClientOptions,
} from "./clients/recommended-options.js";
export type { StoreConfig } from "./clients/store-config.js";
export type { Forbidden, Moving, ReadOnly, WritesOf } from "./repositories/access.js";
export { assembleRepositories } from "./repositories/assemble.js";
export type { CacheReader, CacheTransactionReader } from "./repositories/cache.js";
export {
  type CacheFamily,
  type CachePlans,
  CacheRepository,
  type CacheStats,
  type Fetched,
  type FetchOptions,
  type Invalidation,
  type Loader,
  type Lookup,
  type ManyLoader,
} from "./repositories/cache.js";
export type { CallProfile } from "./repositories/call-profile.js";
export type { CappedListReader, CappedListTransactionReader } from "./repositories/capped-list.js";
export {
  type CappedListFamily,
  type CappedListPlans,
  CappedListRepository,
  type History,
  type RecentLimit,
  type RecentOptions,
} from "./repositories/capped-list.js";
export { codec } from "./repositories/codec.js";
export type { CounterReader, CounterTransactionReader } from "./repositories/counter.js";
export {
  type CounterFamily,
  type CounterPlans,
  type CounterReading,
  CounterRepository,
} from "./repositories/counter.js";
export type { GeoIndexReader, GeoIndexTransactionReader } from "./repositories/geo-index.js";
export {
  type Centre,
  type Coordinates,
  type GeoEntry,
  type GeoIndexFamily,
  type GeoIndexPlans,
  GeoIndexRepository,
  type LengthUnit,
  type Nearby,
  type Search,
  type SweepOptions,
} from "./repositories/geo-index.js";
export { type OwnScript, type ScriptFunction, type ScriptPlan, scriptCodec } from "./repositories/own-script.js";
export type { PresenceReader, PresenceTransactionReader } from "./repositories/presence.js";
export {
  type MembersOptions,
  type PresenceFamily,
  type PresencePlans,
  PresenceRepository,
  type SubjectPresenceFamily,
  type SubjectPresencePlans,
  SubjectPresenceRepository,
} from "./repositories/presence.js";
export type { SubjectPresenceReader, SubjectPresenceTransactionReader } from "./repositories/presence-subject.js";
export type { RateLimitReader, RateLimitTransactionReader } from "./repositories/rate-limit.js";
export {
  type ConsumeOptions,
  type LimitOptions,
  type RateLimitFamily,
  type RateLimitLadder,
  type RateLimitPlans,
  RateLimitRepository,
} from "./repositories/rate-limit.js";
export { consumeInOrder, type LimitStep, type OrderedVerdict } from "./repositories/rate-limit-order.js";
export type { Blocked, Verdict } from "./repositories/rate-limit-verdict.js";
export type { KeyFunction, NoKey, TtlBy } from "./repositories/repository.js";
export type { InTransaction, Scope } from "./repositories/scope.js";
export type { SessionReader, SessionTransactionReader } from "./repositories/session.js";
export {
  type CreateOptions,
  type ListedSession,
  type SessionFamily,
  type SessionOwners,
  type SessionPlans,
  SessionRepository,
} from "./repositories/session.js";
export { ownedBy } from "./repositories/session-owner.js";
export type { Stores } from "./repositories/stores.js";
export type { TokenReader, TokenTransactionReader } from "./repositories/token.js";
export {
  type CodeFamily,
  type CodePlans,
  CodeRepository,
  type IssueArguments,
  type Issued,
  type IssueOptions,
  type IssueWithTtlOptions,
  type TokenFamily,
  type TokenPlans,
  TokenRepository,
  type TokenScope,
  type Verification,
} from "./repositories/token.js";
export type { CodeReader, CodeTransactionReader } from "./repositories/token-code.js";
export type { ValueReader, ValueTransactionReader } from "./repositories/value.js";
export {
  type ValueFamily,
  type ValuePlans,
  ValueRepository,
  type WriteArguments,
  type WriteOptions,
} from "./repositories/value.js";
export { upgradesOf } from "./repositories/versioned.js";
export type { BreakerOptions } from "./runtime/bounds.js";
export type { BreakerState } from "./runtime/breaker.js";
export type { NodeRedisClient } from "./runtime/client.js";
export type { Clients, StoreClients, WriteAndRead } from "./runtime/clients.js";
export * from "./runtime/errors.js";
export {
  type BreakerEvent,
  type CallEvent,
  type ClientEvent,
  eventChannelName,
  type KeywrightEvent,
  onEvent,
} from "./runtime/events.js";
export type { Health, HealthOptions, NodeHealth, StoreHealth } from "./runtime/health.js";
export type { HistogramSnapshot } from "./runtime/histogram.js";
export {
  type BreakerMetrics,
  type CallCounts,
  collectMetrics,
  type Metrics,
  type MetricsOptions,
  type MetricsSnapshot,
  type OperationMetrics,
  type SideEvent,
} from "./runtime/metrics.js";
export type { Plan } from "./runtime/plan.js";
export { type BreakerStatus, Runtime, type RuntimeOptions } from "./runtime/runtime.js";
export type { TransactionResults } from "./runtime/transaction.js";
export {
  date,
  enc,
  hex,
  int,
  ip,
  ipEnc,
  matching,
  oneOf,
  rest,
  sha256,
  sha256Email,
  str,
  strWithout,
  ulid,
  uuid,
} from "./schema/patterns/encode.js";
export { fold, foldedTags } from "./schema/patterns/fold.js";
export { keySlot } from "./schema/patterns/slot.js";
