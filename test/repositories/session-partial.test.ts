/** An operation of several steps whose later step was never sent: what the steps before it did is told. */
import { startProxy } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { expect, inject, test } from "vitest";
import { z } from "zod";
import { type SessionFamily, SessionRepository } from "../../src/repositories/session.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { hex, str } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { until } from "../runtime/support.js";
import { uniquePrefix } from "../setup/topologies.js";

interface User {
  readonly userId: string;
}

const family: SessionFamily<User, string> = {
  name: "webSession",
  kind: "session",
  pattern: "session:<token:hex>",
  store: "default",
  tier: "R1",
  deadline: 5000,
  retries: 0,
  tagged: false,
  ttl: { kind: "fixed", ms: 60_000 },
  owners: {
    pattern: "session:owner:<userId>",
    key: (owner) => `session:owner:${str(owner, "userId")}`,
    of: (value) => value.userId,
  },
  value: compileCodec(z.object({ userId: z.string() }), "superjson") as SessionFamily<User, string>["value"],
};

class Sessions extends SessionRepository<{ readonly token: string }, User, string> {
  /** Called before each step of an operation, with how many were before it. */
  before: (step: number) => Promise<unknown> = async () => undefined;
  #steps = 0;

  constructor(runtime: Runtime) {
    super(runtime, family, (k) => `session:${hex(k.token, "token")}`);
  }

  protected override async run<T>(plan: Plan<T>): Promise<T> {
    await this.before(this.#steps++);
    return super.run(plan);
  }
}

async function withProxy(act: (whole: Sessions, through: Sessions, lose: () => Promise<void>) => Promise<void>) {
  const prefix = uniquePrefix();
  const { hostname, port } = new URL(inject("redis").url);
  const direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
  const proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
  const client = createClient({ url: proxy.url, socket: { reconnectStrategy: false } }).on("error", () => undefined);
  await Promise.all([direct.connect(), client.connect()]);
  try {
    const sessions = (of: unknown) => new Sessions(new Runtime(of as RedisClientType, ["default"], { prefix }));
    await act(sessions(direct), sessions(client), async () => {
      proxy.cut();
      await until(() => !client.isReady);
    });
  } finally {
    if (client.isOpen) client.destroy();
    await proxy.stop();
    await direct.unlink([prefix, ...(await direct.keys(`${prefix}*`))]);
    direct.destroy();
  }
}

test.each([
  [0, false, [true, false]],
  [1, false, [true, false]],
  [2, false, [true, false]],
  [3, true, [true, true]],
])(
  "rotate: with the client lost before step %i, mayHaveBeenApplied is %s",
  async (at, mayHaveBeenApplied, expected) => {
    const [old, fresh] = [{ token: "aa" }, { token: "bb" }];
    await withProxy(async (whole, through, lose) => {
      await whole.create(old, { userId: "ann" });
      through.before = async (step) => (step === at ? lose() : undefined);
      const error = await through.rotate(old, fresh).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ operation: "rotate", mayHaveBeenApplied });
      expect([await whole.load(old), await whole.load(fresh)].map((value) => value !== null)).toEqual(expected);
    });
  },
);
