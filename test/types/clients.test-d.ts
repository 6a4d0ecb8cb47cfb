/** That the recommended options fit redis 5.12 and 6. `tsc --noEmit` is the test. */
import { closeClients, connectClients, openStore, recommendedClientOptions } from "keywright";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import * as redis5 from "redis5";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";

const url = "redis://127.0.0.1:6379";
const rootNodes = [{ url }];
const sentinelRootNodes = [{ host: "127.0.0.1", port: 26379 }];

export function fits(): void {
  createClient({ url, ...recommendedClientOptions("client") });
  redis5.createClient({ url, ...recommendedClientOptions("client") });
  createClientPool({ url, ...recommendedClientOptions("pool") }, { minimum: 2 });
  redis5.createClientPool({ url, ...recommendedClientOptions("pool") }, { minimum: 2 });
  createCluster({ rootNodes, ...recommendedClientOptions("cluster") });
  redis5.createCluster({ rootNodes, ...recommendedClientOptions("cluster") });
  createSentinel({ name: "main", sentinelRootNodes, ...recommendedClientOptions("sentinel") });
  redis5.createSentinel({ name: "main", sentinelRootNodes, ...recommendedClientOptions("sentinel") });

  const { socket, ...rest } = recommendedClientOptions("client", { socketTimeout: "5s", connectTimeout: 500 });
  createClient({ ...rest, socket: { ...socket, host: "127.0.0.1", port: 6379, tls: true } });
  redis5.createClient({ ...rest, socket: { ...socket, host: "127.0.0.1", port: 6379 } });

  // @ts-expect-error no kind of client
  recommendedClientOptions("replica");
  // @ts-expect-error a duration is a number and its unit
  recommendedClientOptions("client", { socketTimeout: "soon" });
}

export async function clients(): Promise<void> {
  const [write, read] = [createClient({ url }), redis5.createClient({ url })];
  const redis = createRepositories({ write, read });
  createRepositories({ default: { write, read } }, { service: "chat" });
  createRepositories({ default: write });
  createRepositories(await connectClients({ write: createCluster({ rootNodes }) }));
  createRepositories(await openStore({ engine: "redis", primary: { host: "127.0.0.1", port: 6379 } }));
  await redis.close();
  await closeClients({ write, read }, { within: "2s" });

  // @ts-expect-error no engine
  await openStore({ engine: "memcached" });
}
