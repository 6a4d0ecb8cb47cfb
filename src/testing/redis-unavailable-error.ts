/** One way to a Redis that was tried, and why it did not lead there. */
export interface FailedAttempt {
  readonly way: string;
  readonly failure: string;
}

/** No Redis could be found, unpacked or built. The message names every way, why it failed, and what mends it. */
export class RedisUnavailableError extends Error {
  override readonly name = "RedisUnavailableError";
  readonly attempts: readonly FailedAttempt[];

  constructor(attempts: readonly FailedAttempt[], needsOwnServer = false) {
    super(describe(attempts, needsOwnServer));
    this.attempts = attempts;
  }
}

function describe(attempts: readonly FailedAttempt[], needsOwnServer: boolean): string {
  const url = needsOwnServer
    ? "(REDIS_URL does not help here: Cluster and Sentinel start servers of their own)"
    : "use a server that runs      REDIS_URL=redis://127.0.0.1:6379 (its data is kept: nothing is flushed)";
  return [
    "keywright/testing found no Redis to run.",
    "",
    "Tried, in this order:",
    ...attempts.map(({ way, failure }, index) => `  ${index + 1}. ${way}: ${failure}`),
    "",
    "Any one of these mends it:",
    "  - install Redis 7 or newer    apt-get install redis-server | apk add redis | brew install redis",
    "  - name a binary you have      REDIS_SERVER_BIN=/path/to/redis-server (Valkey will do as well)",
    `  - ${url}`,
    "  - on Debian or Ubuntu         give apt-get its network back; root is not needed",
    "  - let it be built             npm install --save-dev redis-memory-server, with make, a C compiler and network",
  ].join("\n");
}
