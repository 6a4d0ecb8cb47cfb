/** A TTL above a family's maximum is an error before anything is sent: counted by the server, which nobody else uses. */
import { createClient } from "redis";
import { expect, test } from "vitest";
import { resolveRedisBinary } from "../../src/testing/resolve-redis.js";
import { startOwnRedis } from "../../src/testing/single-server.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";

test("C4 a TTL above the family's maximum is an error, and no command is sent", async () => {
  const server = await startOwnRedis((await resolveRedisBinary()).binary);
  const client = createClient({ url: server.url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const processed = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1]);
    const redis = createRepositories(client);
    const [room, invite] = [{ roomId: 1 }, { token: "once" }];
    const invited = { roomId: 1, invitedBy: "8a6e0804-2bd0-4672-b79d-d97027f9071a" };
    const refused = (call: Promise<unknown>) =>
      expect(call).rejects.toMatchObject({ name: "InvalidArgumentError", message: expect.stringContaining("7 d") });
    const before = await processed();
    // { upTo: "7d" }: the caller says how long.
    await refused(redis.avatar.set(room, Buffer.from([1]), { ttl: "8d" }));
    await refused(redis.avatar.set(room, Buffer.from([1]), { ttl: 7 * 86_400_000 + 1 }));
    await refused(redis.invite.issue(invite, invited, { ttl: "8d" }));
    // { config, default: "5m", max: "1h" }: start-up says it.
    expect(() => createRepositories(client, { ttl: { flagTtl: "61m" } })).toThrow(/at most 1 h/);
    // The first count is itself a command.
    expect((await processed()) - before - 1).toBe(0);
    await redis.avatar.set(room, Buffer.from([1]), { ttl: "7d" });
    await redis.invite.issue(invite, invited, { ttl: "7d" });
    await createRepositories(client, { ttl: { flagTtl: "1h" } }).flag.set({ name: "dark" }, true);
    expect((await processed()) - before).toBeGreaterThan(3);
  } finally {
    client.destroy();
    await server.stop();
  }
});
