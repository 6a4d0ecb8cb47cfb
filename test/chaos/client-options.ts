/**
 * What the clients under chaos are given, in one place: a silent connection is found and broken, and made anew soon.
 *
 * @module
 */
const reconnectStrategy = (retries: number): number => Math.min(2000, 50 * 2 ** retries) * (0.5 + Math.random() / 2);

export const clientOptions = {
  socket: { connectTimeout: 1000, socketTimeout: 2000, reconnectStrategy },
  pingInterval: 500,
} as const;

export const clusterOptions = { defaults: clientOptions, topologyRefreshOnReconnectionAttemptStrategy: 300 } as const;

export const sentinelOptions = {
  nodeClientOptions: clientOptions,
  sentinelClientOptions: clientOptions,
  scanInterval: 1000,
  replicaPoolSize: 0,
} as const;
