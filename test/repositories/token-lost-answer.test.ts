import { startProxy } from "keywright/testing";
import { createClient, type RedisClientType, SimpleError } from "redis";
import { expect, inject, test } from "vitest";
import { NotSentError } from "../../src/runtime/node-redis.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { uniquePrefix } from "../setup/topologies.js";
import { Codes, Invites, Streams } from "./token-families.js";

const ann = { userId: "ann" };
const [key, next] = [{ token: "a" }, { token: "b" }];
const [stream, nextStream] = [
  { sessionId: "s", token: "a" },
  { sessionId: "s", token: "b" },
];
const whom = { email: "mara@example.com", scene: "login" };

/** What Redis did although its answer was lost: each call, and what is there afterwards. */
const calls: [
  name: string,
  act: (runtime: Runtime) => Promise<unknown>,
  after: (runtime: Runtime) => Promise<unknown>,
][] = [
  ["consume", (runtime) => new Invites(runtime).consume(key), (runtime) => new Invites(runtime).consume(key)],
  ["consume of a current one", (r) => new Streams(r).consume(stream), (r) => new Streams(r).consume(stream)],
  ["rotate in one slot", (r) => new Streams(r).rotate(stream, nextStream), (r) => new Streams(r).peek(stream)],
  ["verify", (r) => new Codes(r).verify(whom, "123456"), async (r) => (await verifyAgain(r)) ?? null],
];

async function verifyAgain(runtime: Runtime): Promise<unknown> {
  const again = await new Codes(runtime).verify(whom, "123456");
  return again.verified ? again : undefined;
}

test.each(calls)("an answer that is lost is told, and the token does not count twice: %s", async (_, act, after) => {
  const prefix = uniquePrefix();
  const { hostname, port } = new URL(inject("redis").url);
  const direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
  const proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
  const cut = createClient({ url: proxy.url, socket: { reconnectStrategy: false } }).on("error", () => undefined);
  await Promise.all([direct.connect(), cut.connect()]);
  try {
    const runtime = new Runtime(direct, ["default"], { prefix });
    // Scripts are known to the server, so that the call is one command.
    await act(runtime);
    await new Invites(runtime).issue(key, ann);
    await new Streams(runtime).issue(stream, ann);
    await new Codes(runtime).issue(whom, "123456");
    proxy.cutAfterBytes(0, "toClient");
    const lost = await act(new Runtime(cut as RedisClientType, ["default"], { prefix })).catch((e: unknown) => e);
    expect(lost).toMatchObject({ code: "connection-lost", mayHaveBeenApplied: true });
    expect(await after(runtime)).toBeNull();
  } finally {
    if (cut.isOpen) cut.destroy();
    await proxy.stop();
    await direct.unlink(await direct.keys(`${prefix}*`).then((keys) => [prefix, ...keys]));
    direct.destroy();
  }
});

test("a rotation over two slots whose answers are lost leaves one of both, whatever was lost", async () => {
  const { hostname, port } = new URL(inject("redis").url);
  const direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
  await direct.connect();
  try {
    for (const step of [0, 1, 2]) {
      const prefix = uniquePrefix();
      const invites = new Invites(new Runtime(direct, ["default"], { prefix }));
      // All three steps become known to the server.
      await invites.issue({ token: "x" }, ann);
      await invites.rotate({ token: "x" }, { token: "y" });
      await invites.issue(key, ann);
      const proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
      const cut = createClient({ url: proxy.url, socket: { reconnectStrategy: false } }).on("error", () => undefined);
      await cut.connect();
      const through = new Invites(new Runtime(cut as RedisClientType, ["default"], { prefix }));
      through.before = async (at) => (at === step ? proxy.cutAfterBytes(0, "toClient") : undefined);
      const lost = await through.rotate(key, next).catch((error: unknown) => error);
      expect(lost).toMatchObject({ code: "connection-lost", mayHaveBeenApplied: step > 0 });
      const found = [await invites.peek(key), await invites.peek(next)].map((value) => value !== null);
      expect(found.includes(true), `after step ${step}`).toBe(true);
      if (step === 2) expect(found).toEqual([false, true]);
      if (cut.isOpen) cut.destroy();
      await proxy.stop();
      await direct.unlink([prefix, ...(await direct.keys(`${prefix}*`))]);
    }
  } finally {
    direct.destroy();
  }
});

test.each<[string, Error, object]>([
  ["cannot be sent", new NotSentError(), { code: "connection-lost" }],
  ["is refused", new SimpleError("READONLY You can't write against a read only replica."), { reply: "READONLY" }],
])("a later step that %s tells that the ones before it were applied", async (_, problem, expected) => {
  const prefix = uniquePrefix();
  const client = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
  await client.connect();
  try {
    const runtime = new Runtime(client, ["default"], { prefix });
    const [streams, invites] = [new Streams(runtime), new Invites(runtime)];
    const { port } = runtime.store(streams.family).executor;
    const send = port.send.bind(port);
    /** What `act` fails with where only its first `steps` steps get through. */
    const cutAfter = async (steps: number, act: () => Promise<unknown>) => {
      let left = steps;
      port.send = (...sent) => (left-- > 0 ? send(...sent) : Promise.reject(problem));
      const failure = await act().catch((error: unknown) => error);
      port.send = send;
      return failure;
    };
    await streams.issue(stream, ann);
    const scope = { sessionId: stream.sessionId };
    const nothingDone = await cutAfter(0, () => streams.revokeCurrent(scope));
    expect(nothingDone).toMatchObject({ mayHaveBeenApplied: false });
    expect(await streams.peek(stream)).toEqual(ann);
    const halfDone = await cutAfter(1, () => streams.revokeCurrent(scope));
    expect(halfDone).toMatchObject({ ...expected, operation: "revokeCurrent", mayHaveBeenApplied: true });
    expect(await streams.peek(stream)).toBeNull();
    expect(await streams.revokeCurrent(scope)).toBe(false);
    // Its scripts become known to the server, so that each step is one command.
    await invites.issue({ token: "x" }, ann);
    await invites.rotate({ token: "x" }, { token: "y" });
    await invites.issue(key, ann);
    expect(await cutAfter(1, () => invites.rotate(key, next))).toMatchObject({ mayHaveBeenApplied: false });
    const both = await cutAfter(2, () => invites.rotate(key, next));
    expect(both).toMatchObject({ ...expected, operation: "rotate", mayHaveBeenApplied: true });
    expect([await invites.peek(key), await invites.peek(next)]).toEqual([ann, ann]);
  } finally {
    await client.unlink([prefix, ...(await client.keys(`${prefix}*`))]);
    client.destroy();
  }
});
