/**
 * Asks one primary whether it serves: PING, HELLO for its role, and a key that is written with its TTL and read back, in
 * one round trip on one connection.
 *
 * It goes beside the breaker, which it could tell nothing about otherwise. But a silent connection is not written to
 * again and again, which would keep the client's `socketTimeout` from ending it: while a probe has no answer, whoever
 * asks next waits for that one.
 *
 * @module
 */
import { formatElapsed } from "../schema/duration.js";
import { healthTtl } from "../schema/health-key.js";
import { keySlot, slotCount } from "../schema/patterns/slot.js";
import type { Primary } from "./client-port.js";
import { neverSent, serverReply } from "./failure.js";
import { type RawClient, sendCommand } from "./node-redis.js";
import type { RedisNode } from "./redis-node.js";

/** What became of one probe. */
export interface Finding {
  /** What is wrong, to be read behind the node's name; undefined where nothing is. */
  readonly wrong: string | undefined;
  readonly role?: "primary" | "replica" | undefined;
  /** Milliseconds. */
  readonly latency?: number;
}

interface Outstanding {
  readonly began: number;
  readonly answer: Promise<Finding>;
}

/** What is stored: constant, so that a process may read what another one wrote. */
const stored = "ok";
const notConnected: Finding = { wrong: "is not connected" };

export class HealthProbe {
  readonly #prefix: string;
  readonly #outstanding = new WeakMap<RedisNode, Outstanding>();
  /** A tag of each node's own, which lies in one of its slots. */
  readonly #tags = new WeakMap<RedisNode, number>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Rejects never, and answers within `ms`. */
  async run(primary: Primary, ms: number): Promise<Finding> {
    const end = performance.now() + ms;
    const earlier = this.#outstanding.get(primary.node);
    if (earlier !== undefined) {
      const finding = await inTime(earlier.answer, ms);
      if (finding === undefined) return silent(earlier);
      // Of one that has waited for longer than we would, only that it is over is known.
      if (finding.latency !== undefined && finding.latency <= ms) return finding;
    }
    const probe = this.#outstanding.get(primary.node) ?? this.#begin(primary);
    if (probe === undefined) return notConnected;
    return (await inTime(probe.answer, Math.max(1, end - performance.now()))) ?? silent(probe);
  }

  #begin(primary: Primary): Outstanding | undefined {
    const { node } = primary;
    const key = this.#keyOf(primary);
    const began = performance.now();
    const asked = primary.ask((connection) => examine(connection, key));
    if (asked === undefined) return undefined;
    const answer = asked
      .then(
        (finding) => ({ ...finding, latency: Math.round((performance.now() - began) * 100) / 100 }),
        (error: unknown) => (neverSent(error) ? notConnected : { wrong: "lost its connection before it answered" }),
      )
      .finally(() => this.#outstanding.delete(node));
    const probe = { began, answer };
    this.#outstanding.set(node, probe);
    return probe;
  }

  #keyOf({ node, serves }: Primary): string {
    const key = `${this.#prefix}_health`;
    if (serves === undefined) return key;
    const known = this.#tags.get(node);
    if (known !== undefined && serves(keySlot(`{${known}}`))) return `${key}:{${known}}`;
    // Numbers are spread evenly over the slots; a node of a single slot needs 16,384 of them on average.
    for (let tag = 0; tag < slotCount * 16; tag++) {
      if (!serves(keySlot(`{${tag}}`))) continue;
      this.#tags.set(node, tag);
      return `${key}:{${tag}}`;
    }
    return key;
  }
}

function silent({ began }: Outstanding): Finding {
  return { wrong: `does not answer (${formatElapsed(performance.now() - began)})` };
}

/** undefined where it is not over in time. A busy event loop is not blamed on Redis: answers that have arrived are read first. */
function inTime<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => setImmediate(resolve, undefined), ms);
    promise.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

async function examine(connection: RawClient, key: string): Promise<Finding> {
  const send = (...args: string[]) => sendCommand(connection, args, false);
  const [ping, hello, written, read] = await Promise.allSettled([
    send("PING"),
    // The role could be had by ROLE or INFO too, for which a user needs a permission; HELLO needs none.
    send("HELLO"),
    send("SET", key, stored, "PX", String(healthTtl)),
    send("GET", key),
  ]);
  for (const each of [ping, written, read]) {
    // The client's own error is about the connection, not about the server.
    if (each.status === "rejected" && serverReply(each.reason) === undefined) throw each.reason;
  }
  return { wrong: wrongOf(ping, written, read), role: hello.status === "fulfilled" ? roleOf(hello.value) : undefined };
}

type Outcome = PromiseSettledResult<unknown>;

function wrongOf(ping: Outcome, written: Outcome, read: Outcome): string | undefined {
  // Who may not send PING has an answer all the same.
  const refused = [ping, written, read].flatMap((each, at) =>
    each.status === "rejected" && !(at === 0 && serverReply(each.reason) === "NOPERM")
      ? (serverReply(each.reason) as string)
      : [],
  )[0];
  if (refused !== undefined) return refusals[refused] ?? `refuses to write or read _health (${refused})`;
  if (read.status === "fulfilled" && read.value === stored) return undefined;
  return "did not give back what was written to _health";
}

/** By the first word of Redis's answer; the words are read behind the node's name. */
const refusals: Readonly<Record<string, string>> = {
  READONLY: "is a read-only replica (READONLY)",
  OOM: "is out of memory and refuses writes (OOM): raise maxmemory, or free memory",
  NOAUTH: "asks for authentication (NOAUTH): give the client a username and password",
  NOPERM: "does not let this user write and read _health (NOPERM): grant SET and GET on the prefix and _health*",
  LOADING: "is still loading its data (LOADING)",
  BUSY: "is busy with a script (BUSY): find it with SLOWLOG, end it with SCRIPT KILL",
  MISCONF: "cannot save to disk and refuses writes (MISCONF)",
  MASTERDOWN: "is a replica that has lost its primary (MASTERDOWN)",
  CLUSTERDOWN: "does not serve, since its Cluster is not whole (CLUSTERDOWN)",
  NOREPLICAS: "refuses writes, since too few replicas are connected (NOREPLICAS)",
  MOVED: "no longer serves its slots (MOVED): the client looks for the new primary",
  ASK: "is handing the slot of _health over to another node (ASK)",
};

/** The reply is a list of names and values by RESP2, and an object by RESP3. */
function roleOf(hello: unknown): Finding["role"] {
  const role = Array.isArray(hello)
    ? hello[hello.indexOf("role") + 1]
    : hello instanceof Map
      ? hello.get("role")
      : (hello as { readonly role?: unknown } | null)?.role;
  return role === "master" ? "primary" : role === "replica" || role === "slave" ? "replica" : undefined;
}
