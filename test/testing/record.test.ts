import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { recordCommands } from "keywright/testing";
import { createClient } from "redis";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { parseMonitorLine } from "../../src/testing/record.js";
import { uniquePrefix } from "../setup/topologies.js";

async function connect() {
  const client = createClient({ url: inject("redis").url }).on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}

async function record(options?: Parameters<typeof recordCommands>[1]) {
  const recording = await recordCommands(inject("redis").url, options);
  onTestFinished(() => recording.stop());
  return recording;
}

/** A way to the server on which MONITOR, and no other connection, shows everything 200 ms late. */
async function startLateMonitor(): Promise<string> {
  const { hostname, port } = new URL(inject("redis").url);
  const listener = createServer((near) => {
    const far = createConnection({ host: hostname, port: Number(port || 6379) });
    let late = 0;
    near.on("data", (chunk) => {
      if (String(chunk).includes("MONITOR")) late = 200;
      far.write(chunk);
    });
    far.on("data", (chunk) => setTimeout(() => near.write(chunk), late));
    for (const socket of [near, far]) socket.on("error", () => undefined);
    near.on("close", () => far.destroy());
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void listener.close());
  await once(listener, "listening");
  return `redis://127.0.0.1:${(listener.address() as { port: number }).port}`;
}

describe("the record of commands", () => {
  it("holds what one client sent, word for word", async () => {
    const [client, other] = [await connect(), await connect()];
    const recording = await record({ from: client });
    const key = `${uniquePrefix()}ключ "1" \\ \n\t\u0007`;
    await Promise.all([client.set(key, "é\u0000ÿ 🔑 \\x41", { PX: 1000 }), other.get(key)]);
    await client.unlink(key);
    await recording.waitUntilQuiet();
    expect(recording.commands()).toEqual([
      ["SET", key, "é\u0000ÿ 🔑 \\x41", "PX", "1000"],
      ["UNLINK", key],
    ]);
    recording.clear();
    await other.get(key);
    await other.eval("return redis.call('GET', KEYS[1])", { keys: [key] });
    await recording.waitUntilQuiet();
    expect(recording.entries()).toEqual([]);
    await client.eval("return redis.call('GET', KEYS[1])", { keys: [key] });
    await recording.waitUntilQuiet();
    expect(recording.entries()).toMatchObject([{ viaLua: false }, { args: ["GET", key], viaLua: true }]);
  });

  it("holds what all clients sent, and nothing of its own", async () => {
    const [client, other] = [await connect(), await connect()];
    const recording = await record();
    const prefix = uniquePrefix();
    await client.get(`${prefix}1`);
    await other.get(`${prefix}2`);
    await recording.waitUntilQuiet();
    await recording.waitUntilQuiet();
    const ours = recording.entries().filter(({ args }) => args[0] === "ECHO" || args[1]?.startsWith(prefix));
    expect(ours.map(({ args }) => args)).toEqual([
      ["GET", `${prefix}1`],
      ["GET", `${prefix}2`],
    ]);
    expect(new Set(ours.map((command) => command.client)).size).toBe(2);
  });

  it("tells what a script ran from what a client sent", async () => {
    const client = await connect();
    const recording = await record({ from: client });
    const key = `${uniquePrefix()}n`;
    const script = "redis.call('SET', KEYS[1], ARGV[1], 'PX', 1000) return redis.call('INCR', KEYS[1])";
    await client.eval(script, { keys: [key], arguments: ["41"] });
    await recording.waitUntilQuiet();
    expect(recording.commands()).toEqual([["EVAL", script, "1", key, "41"]]);
    const viaLua = recording.entries().filter((command) => command.viaLua && command.args[1] === key);
    expect(viaLua.map(({ args }) => args)).toEqual([
      ["SET", key, "41", "PX", "1000"],
      ["INCR", key],
    ]);
  });

  it("is complete after waitUntilQuiet(), however late the record itself comes", async () => {
    const client = await connect();
    const recording = await recordCommands(await startLateMonitor(), { from: client });
    onTestFinished(() => recording.stop());
    const key = uniquePrefix();
    await client.get(key);
    expect(recording.commands()).toEqual([]);
    await recording.waitUntilQuiet();
    expect(recording.commands()).toEqual([["GET", key]]);
  });

  it("reads every form of address", () => {
    const line = (source: string) => parseMonitorLine(`1339518083.107412 [0 ${source}] "get" "a"`);
    expect(line("127.0.0.1:60866")).toEqual({ args: ["get", "a"], viaLua: false, client: "127.0.0.1:60866" });
    expect(line("[::1]:60866")).toMatchObject({ args: ["get", "a"], client: "[::1]:60866" });
    expect(line("unix:/tmp/redis.sock")).toMatchObject({ client: "unix:/tmp/redis.sock" });
    expect(line("lua")).toEqual({ args: ["get", "a"], viaLua: true, client: "" });
    expect(parseMonitorLine("OK")).toBeUndefined();
  });

  it("reads a line in which nothing is escaped, as Valkey 8.1 writes it", () => {
    const words = (text: string) => parseMonitorLine(`1339518083.107412 [0 127.0.0.1:6] ${text}`)?.args;
    const value = '{"a":"b \\\\ é","c":["d"]}';
    const shown = value.replace("é", "\\xc3\\xa9");
    expect(words(`"SET" "k" "${shown}" "PX" "1000"`)).toEqual(["SET", "k", value, "PX", "1000"]);
    const escaped = shown.replace(/[\\"](?!x)/g, "\\$&");
    expect(words(`"SET" "k" "${escaped}"`)).toEqual(["SET", "k", value]);
  });
});
