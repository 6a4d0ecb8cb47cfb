import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import {
  createClient as createClient5,
  createCluster as createCluster5,
  createClientPool as createPool5,
} from "redis5";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { topologyOf } from "../../src/runtime/client.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { unboundedOptions } from "../../src/runtime/unbounded-options.js";
import { topologies, uniquePrefix } from "../setup/topologies.js";
import { countOne } from "./scripts-for-tests.js";
import {
  failure,
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reader,
  reads,
  recordEvents,
  runs,
  until,
  writes,
} from "./support.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the fixture; `lingered` is how long the process lived after it had closed its client. */
async function runProcess(how: string): Promise<{ out: string; errors: string; lingered: number }> {
  const program = fileURLToPath(new URL("./fixtures-injection.ts", import.meta.url));
  const args = ["--import", "tsx", program, inject("redis").url, how];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, timeout: 15_000 }, (error, out, errors) => {
      if (error) reject(new Error(`${error.message}\n${out}\n${errors}`));
      else resolve({ out, errors, lingered: Date.now() - Number(/closed (\d+)/.exec(out)?.[1]) });
    });
  });
}

let usual: ReturnType<typeof runProcess> | undefined;

/** With an error listener, and nothing else to tell. One process for all tests. */
function runUsual(): ReturnType<typeof runProcess> {
  usual ??= runProcess("");
  return usual;
}

describe("an injected client", () => {
  test.skipIf(!hasOwnServers)(
    "L2 two clients side by side: each runtime keeps to its own server and prefix",
    async () => {
      const servers = await Promise.all([ownRedis(), ownRedis()]);
      const clients = await Promise.all(servers.map(({ url }) => createClient({ url }).on("error", noop).connect()));
      const prefixes = [uniquePrefix(), uniquePrefix()];
      const runtimes = clients.map((client, i) => new Runtime(client as never, ["default"], { prefix: prefixes[i]! }));
      await Promise.all(
        runtimes.map(({ givenPrefix: prefix }, i) =>
          Promise.all(
            Array.from({ length: 100 }, (_, n) =>
              runtimes[i]!.store(family()).executor.run(writes(["SET", `${prefix}${n}`, `server ${i}`])),
            ),
          ),
        ),
      );
      for (const i of [0, 1]) {
        expect(await clients[i]!.dbSize()).toBe(100);
        const store = runtimes[i]!.store(family());
        expect(await store.reads.get(reader(), "get", `${prefixes[i]}7`)).toBe(`server ${i}`);
        expect(await store.reads.get(reader(), "get", `${prefixes[1 - i]}7`)).toBeNull();
      }
      // One that ends does not take the other with it.
      await clients[0]!.close();
      await expect(runtimes[0]!.store(family()).executor.run(reads(["GET", "x"]))).rejects.toMatchObject({
        code: "unavailable",
      });
      expect(await runtimes[1]!.store(family()).executor.run(reads(["GET", `${prefixes[1]}7`]))).toBe("server 1");
      await clients[1]!.close();
      await Promise.all(servers.map((server) => server.stop()));
    },
  );

  test("L2 one client a store, by name", async () => {
    const [a, b] = await Promise.all([topologies[0]!.connect(), topologies[2]!.connect()]);
    const runtime = new Runtime({ default: a.client as never, locks: b.client as never }, ["default", "locks"]);
    expect(runtime.store(family()).executor.port.topology).toBe("client");
    expect(runtime.store(family({ store: "locks" })).executor.port.topology).toBe("pool");
    expect(() => new Runtime({ default: a.client as never }, ["default", "locks"])).toThrow(
      '"locks" has no node-redis',
    );
    expect(() => runtime.store(family({ store: "other" }))).toThrow('lives in the store "other"');
    await Promise.all([a.close(), b.close()]);
  });

  test("L2 no open handles: a process that closes its client ends by itself, at once", async () => {
    const { out, errors, lingered } = await runUsual();
    expect(out).toContain('["OK","v","v",["1"]]'.replace('["1"]', "[1]"));
    expect(errors).not.toContain("Keywright");
    // Deadlines of a minute were armed.
    expect(lingered).toBeLessThan(1000);
  });

  test("L2 a graceful close waits for the calls under way", async () => {
    const connection = await topologies[0]!.connect();
    const store = new Runtime(connection.client as never, ["default"]).store(family());
    const prefix = uniquePrefix();
    const calls = Array.from({ length: 100 }, (_, i) =>
      store.executor.run(writes(["SET", `${prefix}${i}`, "v", "PX", "1000"])),
    );
    await (connection.client as { close(): Promise<void> }).close();
    expect(await Promise.all(calls)).toEqual(Array(100).fill("OK"));
  });

  test("without an error listener the service is warned, and only then", async () => {
    const [without, withOne] = await Promise.all([runProcess("no-listener"), runUsual()]);
    expect(without.errors).toContain("KEYWRIGHT_NO_ERROR_LISTENER");
    expect(without.errors).toContain('client.on("error"');
    expect(withOne.errors).not.toContain("KEYWRIGHT_NO_ERROR_LISTENER");
  });

  test("one that lacks what bounds its failures is told of, by name, and only then", async () => {
    const [without, withAll] = await Promise.all([runProcess("unbounded"), runProcess("")]);
    expect(without.errors).toContain("KEYWRIGHT_UNBOUNDED_CLIENT");
    expect(without.errors).toMatch(/store "default" lacks .* socket\.socketTimeout \(.*\), pingInterval \(/);
    expect(without.errors).toContain('recommendedClientOptions("client")');
    expect(without.errors).not.toContain("NO_ERROR_LISTENER");
    expect(withAll.errors).not.toContain("Keywright");
  });

  test.each([
    [{ socketTimeout: 1000 }, 0, ["socket.reconnectStrategy", "pingInterval"]],
    [{ socketTimeout: 1000, reconnectStrategy: 50 }, 1000, ["pingInterval"]],
    [
      { socketTimeout: 1000, reconnectStrategy: false, connectTimeout: 0 },
      500,
      ["socket.connectTimeout", "socket.reconnectStrategy"],
    ],
    [{}, 500, ["socket.socketTimeout"]],
    [{ socketTimeout: 1000, reconnectStrategy: () => 50 }, 500, []],
  ])("the options %j with a pingInterval of %d leave %j without a bound", (socket, pingInterval, lacking) => {
    expect(unboundedOptions({ socket, pingInterval }).map(({ option }) => option)).toEqual(lacking);
  });

  test.each(topologies)("the event unbounded-client on $name, once a client", async ({ connect }) => {
    const { client, close } = await connect();
    const { events, stop } = recordEvents();
    new Runtime(client as never, ["default"]);
    new Runtime(client as never, ["other"]);
    const told = () => events.filter(({ type }) => type === "unbounded-client");
    await until(() => told().length > 0);
    const store = new Runtime(client as never, ["default"]).store(family());
    expect(await store.executor.run(reads(["GET", "thing:none"]))).toBeNull();
    stop();
    expect(told()).toEqual([
      { type: "unbounded-client", store: "default", options: ["socket.socketTimeout", "pingInterval"] },
    ]);
    await close();
  });

  test("a subscriber of the channel that throws harms no call; Node reports it as uncaught", async () => {
    const { out } = await runProcess("throwing-subscriber");
    expect(out).toContain('["OK","v","v",[1]]');
    expect(out.match(/uncaught: from the subscriber/g)!.length).toBeGreaterThanOrEqual(4);
  });

  test("nothing is attached to it", async () => {
    for (const { connect } of topologies) {
      const { client, close } = await connect();
      const listeners = () => client.eventNames().map((name) => [name, client.listenerCount(name as never)]);
      const before = listeners();
      const store = new Runtime(client as never, ["default"]).store(family());
      await store.executor.run(reads(["GET", "thing:none"]));
      expect(listeners()).toEqual(before);
      await close();
    }
  });

  test("a keyPrefix is refused, since raw commands bypass it", () => {
    const clients = [
      createClient({ keyPrefix: "p:" }),
      createClientPool({ keyPrefix: "p:" }),
      createCluster({ rootNodes: [], keyPrefix: "p:" }),
      createSentinel({ name: "n", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }], keyPrefix: "p:" }),
    ];
    for (const client of clients) {
      expect(() => new Runtime(client as never, ["default"])).toThrow(/has a keyPrefix.*option prefix/);
    }
  });

  test("a pool whose members are all at work, for others, already at the first call", async () => {
    const pool = createClientPool({ url: inject("redis").url }, { minimum: 1, maximum: 1 }).on("error", noop);
    await pool.connect();
    let free: (value?: unknown) => void = noop;
    const busy = pool.execute(
      () =>
        new Promise((done) => {
          free = done;
        }),
    );
    const store = new Runtime(pool as never, ["default"]).store(family());
    await failure(store.executor.run(reads(["GET", "thing:none"])));
    free();
    await busy;
    await until(async () => (await store.executor.run(reads(["GET", "thing:none"])).catch(noop)) === null);
    const waits = pool.execute(
      () =>
        new Promise((done) => {
          free = done;
        }),
    );
    const call = store.executor.run(reads(["GET", "thing:none"]));
    free();
    await waits;
    expect(await call).toBeNull();
    pool.destroy();
  });

  test("a call that got no member of the pool in time was not sent", async () => {
    const options = { minimum: 1, maximum: 1, acquireTimeout: 50 };
    const pool = createClientPool({ url: inject("redis").url }, options).on("error", noop);
    await pool.connect();
    const store = new Runtime(pool as never, ["default"]).store(family());
    let free: (value?: unknown) => void = noop;
    const busy = pool.execute(
      () =>
        new Promise((done) => {
          free = done;
        }),
    );
    expect(await failure(store.executor.run(writes(["INCR", "thing:n"])))).toMatchObject({
      code: "unavailable",
      mayHaveBeenApplied: false,
    });
    free();
    await busy;
    pool.destroy();
  });

  test("which client it is", () => {
    expect([
      topologyOf(createClient()),
      topologyOf(createClient5()),
      topologyOf(createClientPool()),
      topologyOf(createPool5()),
      topologyOf(createCluster({ rootNodes: [] })),
      topologyOf(createCluster5({ rootNodes: [] })),
      topologyOf(createSentinel({ name: "n", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }] })),
      topologyOf({}),
      topologyOf({ sendCommand: noop, multi: noop }),
    ]).toEqual(["client", "client", "pool", "pool", "cluster", "cluster", "sentinel", undefined, undefined]);
  });

  test("a type mapping that the caller gave it changes no reply", async () => {
    const { RESP_TYPES } = await import("redis");
    const options = { url: inject("redis").url, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } };
    for (const create of [createClient, createClient5 as unknown as typeof createClient, createClientPool as never]) {
      const client = (create as typeof createClient)(options).on("error", noop);
      await client.connect();
      const key = `${uniquePrefix()}{t}`;
      const store = new Runtime(client as never, ["default"]).store(family());
      await store.executor.run(writes(["SET", key, "text", "PX", "1000"]));
      expect(await store.reads.get(reader(), "get", key)).toBe("text");
      expect(await store.executor.transaction([reads(["GET", key])])).toEqual(["text"]);
      client.destroy();
    }
  });
});

describe.each(topologies)("node-redis's own timeout is off on $name", ({ connect }) => {
  afterEach(() => vi.restoreAllMocks());

  test("no call creates an AbortSignal.timeout", async () => {
    const connection = await connect();
    const prefix = uniquePrefix();
    const key = `${prefix}{t}`;
    const store = new Runtime(connection.client as never, ["default"]).store(family());
    await connection.send(["SET", key, "v", "PX", "5000"]);
    const timeouts = vi.spyOn(AbortSignal, "timeout");
    await store.executor.run(writes(["APPEND", key, "v"]));
    await store.executor.run({ ...reads(["GET", key]), binary: true });
    await Promise.all([1, 2].map(() => store.reads.get(reader(), "get", key)));
    await store.reads.get(reader(), "get", `${key}:none`);
    await store.reads.get(reader(family({ tier: "R0" })), "get", key);
    await store.executor.run(runs(countOne, [`${key}:n`], ["1"]));
    await store.executor.transaction([writes(["DEL", key]), runs(countOne, [`${key}:n`], ["1"])]);
    expect(timeouts).not.toHaveBeenCalled();
    timeouts.mockRestore();
    await connection.flushPrefix(prefix);
    await connection.close();
  });
});
