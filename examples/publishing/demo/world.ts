/** What the steps of the demo share. */
import { recommendedClientOptions } from "keywright";
import { createCluster } from "redis";
import type { Measuring } from "../../shared/measuring.js";
import { createRepositories } from "../generated/redis/index.js";

/** The client is the service's own: Keywright neither opens nor closes it. */
export function clientFor(rootNodes: { url: string }[]) {
  const client = createCluster({ rootNodes, ...recommendedClientOptions("cluster") });
  // Without a listener the first broken connection would end the process. Calls tell of it by their errors.
  client.on("error", () => undefined);
  return client;
}

export type Client = ReturnType<typeof clientFor>;

/** Every service with what the schema allows it. In life each runs in a process, and on a client, of its own. */
export function servicesOn(client: Client) {
  return {
    browser: createRepositories(client, { service: "browser" }),
    gateway: createRepositories(client, { service: "gateway" }),
    identity: createRepositories(client, { service: "identity" }),
  };
}

/** One connection to each primary, as the client itself has it. */
export async function primariesOf(client: Client) {
  return Promise.all(
    client.masters.map(async (node) => ({
      url: `redis://${node.address}`,
      client: await client.nodeClient(node),
    })),
  );
}

export interface World {
  readonly client: Client;
  readonly services: ReturnType<typeof servicesOn>;
  readonly measuring: Measuring;
}
