import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

describe.each(topologies)("topology $name", ({ connect }) => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connect();
  });
  afterAll(() => connection.close());

  it("sends raw commands to the node of their key", async () => {
    const key = `${uniquePrefix()}a`;
    await connection.send(["SET", key, "1", "PX", "60000"]);
    expect(await connection.send(["GET", key])).toBe("1");
    expect(await connection.send(["EVAL", "return redis.call('INCR', KEYS[1])", "1", key], key)).toBe(2);
    expect(await connection.client.get(key)).toBe("2");
  });

  it("unlinks the keys of one prefix on every node, and no others", async () => {
    const prefix = uniquePrefix();
    const other = `${uniquePrefix()}kept`;
    const keys = Array.from({ length: 50 }, (_, index) => `${prefix}${index}`);
    await Promise.all([...keys, other].map((key) => connection.send(["SET", key, "1", "PX", "60000"])));
    await connection.flushPrefix(prefix);
    const left = await Promise.all([...keys, other].map((key) => connection.send(["EXISTS", key])));
    expect(left.map(Number).filter((found) => found === 1)).toHaveLength(1);
    expect(Number(await connection.send(["EXISTS", other]))).toBe(1);
  });
});
