/**
 * Real Redis for tests: one server, a Cluster or a Sentinel set on 127.0.0.1, brought where none is installed, gone
 * when the process is; a proxy that breaks connections, and a record of the commands that were sent.
 *
 * @module
 */
export { type ClusterNode, type ClusterOptions, startCluster, type TestCluster } from "./cluster.js";
export { type Direction, type ProxyOptions, startProxy, type TestProxy } from "./proxy.js";
export { type CommandRecord, type RecordedCommand, type RecordOptions, recordCommands } from "./record.js";
export { type FailedAttempt, RedisUnavailableError } from "./redis-unavailable-error.js";
export {
  type RedisSource,
  type ResolvedBinary,
  type ResolvedRedis,
  type ResolvedUrl,
  type ResolveOptions,
  resolveRedis,
  resolveRedisBinary,
} from "./resolve-redis.js";
export { type SentinelNode, type SentinelOptions, startSentinel, type TestSentinel } from "./sentinel.js";
export type { KillSignal, ServerProcess } from "./server-process.js";
export { type RedisOptions, startRedis, type TestRedis } from "./single-server.js";
