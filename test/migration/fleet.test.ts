import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { countsOf, fleetOf } from "../../src/migration/fleet.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const family = {
  name: "note",
  kind: "value",
  pattern: "note:{<id>}",
  store: "default",
  tier: "R2",
  deadline: 1000,
  retries: 0,
} as const;

/** Waits for what comes by itself. */
async function until(is: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 5000; !(await is()); ) {
    if (performance.now() > end) throw new Error("it did not come");
    await new Promise((done) => setTimeout(done, 20));
  }
}

describe.each(topologies)("the reports of a fleet: $name", ({ connect }) => {
  let connection: Connection;
  let prefix: string;
  const open: Runtime[] = [];
  const instance = (service: string, phase: string | undefined): Runtime => {
    const runtime = new Runtime(connection.client as never, ["default"], { prefix });
    open.push(runtime);
    if (phase !== undefined) runtime.movesCounted(family, phase);
    runtime.reportMoves({ keyspace: "notes", schema: "5c4e3a", service });
    return runtime;
  };
  const port = () => new Runtime(connection.client as never, ["default"], { prefix }).store(family).executor.port;
  const fleet = () => fleetOf(port(), "notes", "note", prefix, false);

  beforeAll(async () => {
    connection = await connect();
  });
  afterAll(() => connection.close());
  beforeEach(() => {
    prefix = uniquePrefix();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((runtime) => runtime.close()));
    await connection.flushPrefix(prefix);
  });

  test("M10 M12 each instance tells its phase and counts, under a TTL, until it closes", async () => {
    const a = instance("chat", "mirror");
    instance("gateway", "legacy");
    await until(async () => (await fleet()).length === 2);
    expect(await fleet()).toMatchObject([
      { service: "chat", phase: "mirror", instance: a.instance, schema: "5c4e3a", counts: { oldReads: 0 } },
      { service: "gateway", phase: "legacy" },
    ]);
    const key = `${prefix}_keywright:fleet:{notes}:${a.instance}`;
    const ttl = Number(await connection.send(["PTTL", key]));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(35_000);
    await a.close();
    expect((await fleet()).map(({ service }) => service)).toEqual(["gateway"]);
  });

  test("M12 counts of all instances add up", async () => {
    const a = instance("chat", "mirror");
    a.movesCounted(family, "mirror").oldReads = 2;
    const b = instance("chat", "mirror");
    b.movesCounted(family, "mirror").oldReads = 3;
    b.movesCounted(family, "mirror").mirrorFailures = 1;
    await until(async () => (await fleet()).length === 2);
    expect(countsOf(await fleet())).toEqual({ oldReads: 5, mirrorFailures: 1, lostJoins: 0 });
  });

  test("where no family moves nothing is reported", async () => {
    instance("chat", undefined);
    await new Promise((done) => setTimeout(done, 100));
    expect(await connection.keysWith(prefix)).toEqual([]);
  });
});
