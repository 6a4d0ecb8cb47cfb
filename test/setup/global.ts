import {
  RedisUnavailableError,
  startCluster,
  startRedis,
  startSentinel,
  type TestCluster,
  type TestRedis,
  type TestSentinel,
} from "keywright/testing";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** One server, that of `REDIS_URL` where it is set: use a `uniquePrefix()`, never flush. */
    redis: { readonly url: string };
    /** Absent where only `REDIS_URL` could be had. Shared: a test that stops nodes starts a Cluster of its own. */
    cluster: { readonly rootNodes: { url: string }[]; readonly primaries: string[] } | undefined;
    sentinel:
      | {
          readonly name: string;
          readonly sentinelRootNodes: { host: string; port: number }[];
          readonly primary: string;
        }
      | undefined;
  }
}

const patience = 20_000;

/** Starts what all test files share, once, at the same time: a server, a Cluster and a Sentinel set. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
    started.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
  };
  const results = await Promise.allSettled([
    startRedis().then(keep),
    // Nobody stops these: a node that is slow because the machine is busy has not failed.
    startCluster({ nodeTimeout: patience }).then(keep).catch(withoutBinary("Cluster")),
    startSentinel({ downAfter: patience }).then(keep).catch(withoutBinary("Sentinel")),
  ]);
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  const [redis, cluster, sentinel] = results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as [
    TestRedis,
    TestCluster | undefined,
    TestSentinel | undefined,
  ];
  project.provide("redis", { url: redis.url });
  project.provide(
    "cluster",
    cluster && {
      rootNodes: cluster.rootNodes,
      primaries: cluster.nodes.filter(({ role }) => role === "primary").map(({ url }) => url),
    },
  );
  project.provide(
    "sentinel",
    sentinel && {
      name: sentinel.name,
      sentinelRootNodes: sentinel.sentinelRootNodes,
      primary: sentinel.nodes.find(({ role }) => role === "primary")!.url,
    },
  );
  return stop;
}

/** With `REDIS_URL` alone the single-server tests run, and it is said aloud that the others do not. */
function withoutBinary(what: string) {
  return (error: unknown): undefined => {
    if (!process.env.REDIS_URL || !(error instanceof RedisUnavailableError)) throw error;
    console.error(
      `No ${what} tests: REDIS_URL gives one server, and no binary could be had for more.\n${error.message}\n`,
    );
    return undefined;
  };
}
