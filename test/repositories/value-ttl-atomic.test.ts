import { startProxy, type TestProxy } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { CounterRepository } from "../../src/repositories/counter.js";
import { PresenceRepository, SubjectPresenceRepository } from "../../src/repositories/presence.js";
import { ValueRepository } from "../../src/repositories/value.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { uniquePrefix } from "../setup/topologies.js";

interface Key {
  readonly id: string;
}

const common = {
  store: "default",
  tier: "R3",
  deadline: 5000,
  retries: 0,
  tagged: true,
  ttl: { kind: "fixed", ms: 60_000 },
} as const;
const keyIn = (pattern: string) => (key: Key) => pattern.replace("<id>", key.id);

class Values extends ValueRepository<Key, string> {
  constructor(runtime: Runtime, overwrite: "restart" | "keep") {
    const pattern = `${overwrite}:{<id>}`;
    const value = compileCodec(z.string(), "string");
    super(
      runtime,
      { ...common, name: "text", kind: "value", pattern, overwrite, undecodable: "throw", value },
      keyIn(pattern),
    );
  }
}
class Counters extends CounterRepository<Key> {
  constructor(runtime: Runtime) {
    super(runtime, { ...common, name: "visits", kind: "counter", pattern: "visits:{<id>}" }, keyIn("visits:{<id>}"));
  }
}
class Rooms extends PresenceRepository<Key> {
  constructor(runtime: Runtime, devices: boolean) {
    const member = compileCodec(z.string(), "string");
    const pattern = `room${devices}:{<id>}`;
    super(
      runtime,
      { ...common, name: "room", kind: "presence", pattern, heartbeat: 1000, grace: 2500, devices, member },
      keyIn(pattern),
    );
  }
}
class Subjects extends SubjectPresenceRepository<Key> {
  constructor(runtime: Runtime) {
    super(
      runtime,
      { ...common, name: "subject", kind: "presence", pattern: "subject:{<id>}", heartbeat: 1000, grace: 2500 },
      keyIn("subject:{<id>}"),
    );
  }
}

type Write = (runtime: Runtime, key: Key) => Promise<unknown>;

/** Every way in which these kinds bring a key about, or write it anew. */
const writes: [name: string, write: Write][] = [
  ["value.set", (runtime, key) => new Values(runtime, "restart").set(key, "v")],
  ["value.set, deadline kept", (runtime, key) => new Values(runtime, "keep").set(key, "v")],
  ["value.setIfAbsent", (runtime, key) => new Values(runtime, "restart").setIfAbsent(key, "v")],
  ["value.replace", (runtime, key) => new Values(runtime, "restart").replace(key, "v")],
  ["counter.increment", (runtime, key) => new Counters(runtime).increment(key)],
  ["presence.heartbeat", (runtime, key) => new Rooms(runtime, false).heartbeat(key, "ann")],
  ["presence.heartbeat of a device", (runtime, key) => new Rooms(runtime, true).heartbeat(key, "ann", "phone")],
  ["presence.heartbeat of a subject", (runtime, key) => new Subjects(runtime).heartbeat(key)],
];

describe("a client that dies while it writes", () => {
  const prefix = uniquePrefix();
  let direct: RedisClientType;
  let proxy: TestProxy;

  beforeAll(async () => {
    const { hostname, port } = new URL(inject("redis").url);
    direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
    await direct.connect();
    proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
  });
  afterAll(async () => {
    await proxy.stop();
    const keys = await direct.keys(`${prefix}*`);
    if (keys.length > 0) await direct.unlink(keys);
    direct.destroy();
  });

  /** Lets `bytes` of what the client writes through, and then breaks the connection. */
  async function killedAfter(bytes: number, write: (runtime: Runtime) => Promise<unknown>): Promise<string> {
    const url = inject("redis").url.replace(/:\d+$/, `:${proxy.port}`);
    const client = createClient({ url, socket: { reconnectStrategy: false } }).on("error", () => undefined);
    // What is left of an earlier limit must not end the handshake.
    proxy.cutAfterBytes(Number.POSITIVE_INFINITY, "toServer");
    await client.connect();
    proxy.cutAfterBytes(bytes, "toServer");
    const outcome = await write(new Runtime(client as RedisClientType, ["default"], { prefix })).then(
      () => "answered",
      (error: { code?: string }) => error.code ?? "?",
    );
    if (client.isOpen) client.destroy();
    return outcome;
  }

  test.each(writes)("C2 leaves no key without a TTL: %s", async (name, write) => {
    let applied = 0;
    const left: number[] = [];
    // Scripts are known to the server, so that the call is one EVALSHA; its length says where to stop.
    await write(new Runtime(direct, ["default"], { prefix }), { id: "known" });
    for (let bytes = 0; bytes < 400; bytes += 9) {
      const id = `${name.replaceAll(/[^a-z]/gi, "")}${bytes}`;
      // What overwrites needs something to overwrite.
      if (name === "value.replace") await direct.set(`${prefix}restart:{${id}}`, "old", { PX: 60_000 });
      const outcome = await killedAfter(bytes, (runtime) => write(runtime, { id }));
      for (const key of await direct.keys(`${prefix}*{${id}}*`)) {
        left.push(await direct.pTTL(key));
        applied += 1;
      }
      if (outcome === "answered") break;
      expect(outcome).toBe("connection-lost");
    }
    // The last offset lets the whole of it through.
    expect(applied).toBeGreaterThan(0);
    for (const ms of left) {
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThanOrEqual(60_000);
    }
  });
});
