import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { startProxy, type TestProxy } from "keywright/testing";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import { uniquePrefix } from "../setup/topologies.js";

describe("the proxy", () => {
  let server: Server;
  let received: string;
  let proxy: TestProxy;

  // Answers every chunk with the same in capitals, and keeps what arrived.
  beforeEach(async () => {
    received = "";
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => {
        received += chunk;
        socket.write(String(chunk).toUpperCase());
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    proxy = await startProxy({ target: { host: "127.0.0.1", port } });
  });

  afterEach(async () => {
    await proxy.stop();
    server.close();
  });

  async function open(): Promise<{ socket: Socket; text(): string; closed: Promise<unknown> }> {
    const socket = connect({ port: proxy.port, host: proxy.host });
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    socket.on("error", () => undefined);
    const closed = once(socket, "close");
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return { socket, text: () => text, closed };
  }

  it("passes everything on, and knows how many are connected", async () => {
    const one = await open();
    const two = await open();
    one.socket.write("hello");
    await expect.poll(one.text).toBe("HELLO");
    expect(two.text()).toBe("");
    expect(proxy.connections).toBe(2);
    two.socket.end();
    await two.closed;
    await expect.poll(() => proxy.connections).toBe(1);
    const large = "x".repeat(3_000_000);
    one.socket.write(large);
    await expect.poll(() => one.text().length, { timeout: 5_000 }).toBe(5 + large.length);
  });

  it("cuts all connections and accepts new ones", async () => {
    const [one, two] = [await open(), await open()];
    await expect.poll(() => proxy.connections).toBe(2);
    proxy.cut();
    await Promise.all([one.closed, two.closed]);
    const three = await open();
    three.socket.write("again");
    await expect.poll(three.text).toBe("AGAIN");
  });

  it("cuts after exactly so many bytes to the server", async () => {
    const [one, two] = [await open(), await open()];
    proxy.cutAfterBytes(7, "toServer");
    one.socket.write("abcd");
    await expect.poll(one.text).toBe("ABCD");
    one.socket.write("efghij");
    await Promise.all([one.closed, two.closed]);
    await expect.poll(() => received).toBe("abcdefg");
    expect(one.text()).toBe("ABCD");
    const three = await open();
    three.socket.write("123456789");
    await expect.poll(three.text).toBe("123456789");
  });

  it("cuts after exactly so many bytes to the client", async () => {
    const one = await open();
    proxy.cutAfterBytes(3, "toClient");
    one.socket.write("abcdef");
    await one.closed;
    expect(one.text()).toBe("ABC");
    expect(received).toBe("abcdef");
  });

  it("holds everything back in a black hole, and delivers it afterwards", async () => {
    const one = await open();
    proxy.blackhole(true);
    const two = await open();
    one.socket.write("old");
    two.socket.write("new");
    await sleep(100);
    expect([received, one.text(), two.text()]).toEqual(["", "", ""]);
    proxy.blackhole(false);
    await expect.poll(() => [one.text(), two.text()]).toEqual(["OLD", "NEW"]);
  });

  it("silences the connections that are open, and no others", async () => {
    const one = await open();
    one.socket.write("old");
    await expect.poll(() => one.text()).toBe("OLD");
    proxy.silence();
    one.socket.write("lost");
    const two = await open();
    two.socket.write("new");
    await expect.poll(() => two.text()).toBe("NEW");
    await sleep(50);
    expect([received, one.text()]).toEqual(["oldnew", "OLD"]);
    one.socket.destroy();
    await expect.poll(() => proxy.connections).toBe(1);
  });

  it("delays each direction without taking throughput", async () => {
    const one = await open();
    proxy.delay(60);
    const before = performance.now();
    for (let index = 0; index < 10; index++) {
      one.socket.write("a");
      await sleep(2);
    }
    await expect.poll(one.text, { interval: 5 }).toBe("AAAAAAAAAA");
    const took = performance.now() - before;
    expect(took).toBeGreaterThanOrEqual(115);
    expect(took).toBeLessThan(600);
  });

  it("is a dead port after stop()", async () => {
    const one = await open();
    await proxy.stop();
    await one.closed;
    const socket = connect({ port: proxy.port, host: proxy.host });
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("ends the client's connection where the server is not there", async () => {
    server.close();
    const one = await open();
    await one.closed;
    expect(proxy.connections).toBe(0);
  });

  it("carries node-redis, and shows it a lost reply", async () => {
    const { hostname, port } = new URL(inject("redis").url);
    const between = await startProxy({ target: { host: hostname, port: Number(port || 6379) } });
    const client = createClient({ url: between.url, socket: { reconnectStrategy: false } }).on(
      "error",
      () => undefined,
    );
    const direct = createClient({ url: inject("redis").url }).on("error", () => undefined);
    onTestFinished(async () => {
      if (client.isOpen) client.destroy();
      direct.destroy();
      await between.stop();
    });
    await Promise.all([client.connect(), direct.connect()]);
    const key = `${uniquePrefix()}counter`;
    between.cutAfterBytes(0, "toClient");
    await expect(client.incr(key)).rejects.toThrow();
    // Applied, though the caller was told of an error.
    expect(await direct.get(key)).toBe("1");
    await direct.unlink(key);
  });
});
