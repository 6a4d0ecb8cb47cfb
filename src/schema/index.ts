/**
 * What a schema is written with.
 *
 * @module
 */
export { type Built, buildManifest } from "./build-manifest.js";
export { type FamilyOfKeyOptions, familyOfKey, type KeyOwner } from "./classify-key.js";
export type { Documentation, ForeignWriter, Tier, Writer } from "./documentation.js";
export type { FamilyDeclaration, FamilyOptions } from "./family.js";
export { type Keyspace, type KeyspaceOptions, keyspace } from "./keyspace.js";
export { type CacheOptions, cache } from "./kinds/cache.js";
export { type CappedListOptions, cappedList } from "./kinds/capped-list.js";
export { type CounterOptions, counter } from "./kinds/counter.js";
export { type GeoIndexOptions, geoIndex } from "./kinds/geo-index.js";
export { type PresenceOptions, presence } from "./kinds/presence.js";
export {
  type Ladder,
  type LadderStep,
  type RateLimitAlgorithm,
  type RateLimitOptions,
  rateLimit,
} from "./kinds/rate-limit.js";
export { type SessionOptions, session } from "./kinds/session.js";
export { type Attempts, type CodeOptions, type Cooldown, type TokenOptions, token } from "./kinds/token.js";
export { type ValueOptions, value } from "./kinds/value.js";
export type { Manifest, ManifestFamily, ManifestMove } from "./manifest.js";
export type { Moved } from "./moved.js";
export type { Phase, StrategyName } from "./moves/index.js";
export { formatKey, keySlot, matchKey, type Pattern, parsePattern, scanPattern, shareTag } from "./patterns/index.js";
export type { SchemaProblem } from "./problem.js";
export { practices, type RuleSettings } from "./rule-settings.js";
export { type ScriptDeclaration, type ScriptKey, type ScriptOptions, script } from "./script.js";
export { type NoTag, none, type TagScope, type TagScopeOptions, tagScopes } from "./tag.js";
export { type Duration, describeTtl, formatDuration, parseDuration, type Ttl, type TtlPolicy } from "./ttl.js";
export { bytes } from "./values/bytes.js";
export { type Upgrade, type Upgrades, upgradeFrom } from "./values/upgrade.js";
export type { Wire } from "./values/wire.js";
export type { WhenDown } from "./when-down.js";
