import { startProxy } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { expect, inject } from "vitest";
import { Runtime } from "../../src/runtime/runtime.js";
import { uniquePrefix } from "./topologies.js";

/**
 * Writes through connections that break after 0, 9, 18 … bytes, and holds that no key is ever left without a TTL.
 *
 * `prepare` may bring about what `write` needs to be there; `id` names the key of one round. `after` may hold more of what
 * a round left. An operation of several steps may find the client closed at a later one.
 */
export async function expectTtlWheneverKilled(
  write: (runtime: Runtime, id: string) => Promise<unknown>,
  prepare: (runtime: Runtime, id: string) => Promise<unknown> = async () => undefined,
  { after, steps = 1 }: { after?: (runtime: Runtime, id: string) => Promise<unknown>; steps?: number } = {},
): Promise<void> {
  const prefix = uniquePrefix();
  const { hostname, port } = new URL(inject("redis").url);
  const direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
  await direct.connect();
  const proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
  const whole = new Runtime(direct, ["default"], { prefix });
  let written = 0;
  try {
    // Scripts are known to the server then, so that the call is one EVALSHA; its length says where to stop.
    await prepare(whole, "known");
    await write(whole, "known");
    for (let bytes = 0; bytes < 600 * steps; bytes += 9) {
      const id = `cut${bytes}`;
      await prepare(whole, id);
      const url = inject("redis").url.replace(/:\d+$/, `:${proxy.port}`);
      const client = createClient({ url, socket: { reconnectStrategy: false } }).on("error", () => undefined);
      // What is left of an earlier limit must not end the handshake.
      proxy.cutAfterBytes(Number.POSITIVE_INFINITY, "toServer");
      await client.connect();
      proxy.cutAfterBytes(bytes, "toServer");
      const outcome = await write(new Runtime(client as RedisClientType, ["default"], { prefix }), id).then(
        () => "answered",
        (error: { code?: string }) => error.code ?? "?",
      );
      if (client.isOpen) client.destroy();
      for (const key of await direct.keys(`${prefix}*{${id}}*`)) {
        const left = await direct.pTTL(key);
        // A key that expired between the two commands is no finding.
        if (left === -2) continue;
        expect(left, key).toBeGreaterThan(0);
        expect(left, key).toBeLessThanOrEqual(60_000);
        written += 1;
      }
      await after?.(whole, id);
      if (outcome === "answered") break;
      expect(steps > 1 ? ["connection-lost", "unavailable"] : ["connection-lost"]).toContain(outcome);
    }
    expect(written).toBeGreaterThan(0);
  } finally {
    await proxy.stop();
    const keys = await direct.keys(`${prefix}*`);
    if (keys.length > 0) await direct.unlink(keys);
    direct.destroy();
  }
}
