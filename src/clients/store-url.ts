/**
 * A Redis by its URL: the configuration that `openStore` takes.
 *
 * @module
 */
import { MisuseError } from "../runtime/errors.js";
import type { StoreConfig } from "./store-config.js";

type Config = Extract<StoreConfig, object>;

const forms =
  "Write redis://host:6379, rediscluster://host:7000,host:7001 or redissentinel://host:26379,host:26380/name; user:password@ before the hosts, and rediss, redisscluster or redisssentinel with TLS.";

const schemes: Readonly<Record<string, readonly [engine: Config["engine"], tls: boolean]>> = {
  redis: ["redis", false],
  rediss: ["redis", true],
  rediscluster: ["rediscluster", false],
  redisscluster: ["rediscluster", true],
  redissentinel: ["redissentinel", false],
  redisssentinel: ["redissentinel", true],
};

function refuse(what: string): never {
  // The URL itself may hold a password.
  throw new MisuseError({ family: "openStore", operation: "url" }, what, forms);
}

/** @throws MisuseError for a URL that is none; its text is in no error, since it may hold a password */
export function storeConfigOf(url: string): StoreConfig {
  const found = /^([a-z]+):\/\/(?:([^@/]*)@)?([^/?#]+)(?:\/([^?#]*))?$/.exec(url);
  if (found === null) refuse("the url is none of a Redis");
  const [, scheme, login = "", hosts, path = ""] = found as unknown as [string, string, string?, string?, string?];
  if (!Object.hasOwn(schemes, scheme)) refuse(`the url's scheme ${scheme} is not known`);
  const [engine, tls] = schemes[scheme] as readonly [Config["engine"], boolean];
  const nodes = (hosts as string).split(",").map((each) => {
    const parts = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(each);
    if (parts === null) return refuse("the url has a host that is none");
    const [, host = "", port] = parts;
    return {
      host: host.replace(/^\[(.*)\]$/, "$1"),
      port: Number(port ?? (engine === "redissentinel" ? 26_379 : 6379)),
    };
  });
  const [user, ...rest] = login.split(":").map(decodeURIComponent);
  const credentials = {
    ...(user === undefined || user === "" ? {} : { username: user }),
    ...(rest.length === 0 ? {} : { password: rest.join(":") }),
  };
  if (engine === "redis") {
    if (nodes.length > 1) refuse("the url names several hosts, of which only a Cluster or Sentinels have several");
    if (path !== "" && !/^\d+$/.test(path)) refuse("the url's database is no number");
    const [primary] = nodes;
    return { engine, tls, ...credentials, primary, ...(path === "" ? {} : { database: Number(path) }) } as StoreConfig;
  }
  if (engine === "redissentinel") {
    if (path === "") refuse("the url lacks the name under which the Sentinels watch the primary");
    return { engine, tls, ...credentials, nodes, name: decodeURIComponent(path) };
  }
  if (path !== "" && path !== "0") refuse("the url names a database other than 0, which a Cluster has not");
  return { engine, tls, ...credentials, nodes };
}
