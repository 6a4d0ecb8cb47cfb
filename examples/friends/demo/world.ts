/** What the steps of the demo share. */

import { recommendedClientOptions } from "keywright";
import type { TestRedis } from "keywright/testing";
import { createClient } from "redis";
import type { Measuring } from "../../shared/measuring.js";
import { createRepositories } from "../generated/redis/index.js";
import type { Database } from "./services/database.js";

/** The client is the service's own: Keywright neither opens nor closes it. */
export function clientFor(url: string) {
  const client = createClient({ url, ...recommendedClientOptions("client") });
  // Without a listener the first broken connection would end the process. Calls tell of it by their errors.
  client.on("error", () => undefined);
  return client;
}

export type Client = ReturnType<typeof clientFor>;

/** Every service with what the schema allows it. In life each runs in a process, and on a client, of its own. */
export function servicesOn(client: Client) {
  return {
    chat: createRepositories(client, { service: "chat" }),
    discovery: createRepositories(client, { service: "discovery" }),
    events: createRepositories(client, { service: "events" }),
    friends: createRepositories(client, { service: "friends" }),
    gateway: createRepositories(client, { service: "gateway" }),
    identity: createRepositories(client, { service: "identity" }),
    links: createRepositories(client, { service: "links" }),
    places: createRepositories(client, { service: "places" }),
    presence: createRepositories(client, { service: "presence" }),
  };
}

export type Services = ReturnType<typeof servicesOn>;

export interface World {
  readonly server: TestRedis;
  readonly services: Services;
  readonly database: Database;
  readonly measuring: Measuring;
}
