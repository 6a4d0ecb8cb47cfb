/**
 * `limit`: one unit of a fixed window.
 *
 * @module
 */
import assert from "node:assert/strict";
import { RateLimiterRedis, type RateLimiterRes } from "rate-limiter-flexible";
import type { Place, Trial } from "../contestant.js";
import { onDefaults, untimed } from "../contestants/connect.js";
import { scriptTrial } from "../contestants/evalsha.js";
import { LIMIT, Limits, WINDOW_MS } from "../contestants/limits.js";
import { RECORDS, tokens } from "../record.js";
import type { Suite } from "../suite.js";

const keys = tokens.map((token) => ({ token }));
const withoutTimeout = { timeout: undefined as never };

async function flexible(connect: typeof untimed, { url, prefix }: Place): Promise<Trial> {
  const client = await connect(url);
  const limiter = new RateLimiterRedis({
    storeClient: client,
    useRedisPackage: true,
    keyPrefix: `${prefix}rate`,
    points: LIMIT,
    duration: WINDOW_MS / 1000,
  });
  return {
    operate: (i) => limiter.consume(tokens[i] as string),
    check: (_, answer) => {
      const { consumedPoints, remainingPoints } = answer as RateLimiterRes;
      assert.ok(consumedPoints > 0);
      assert.equal(remainingPoints, LIMIT - consumedPoints);
    },
    close: () => client.destroy(),
  };
}

const suite: Suite = {
  title: `A unit of a fixed window that admits everything, ${RECORDS} keys in turn`,
  baseline: "EVALSHA, timeout off",
  contestants: [
    {
      name: "EVALSHA, timeout off",
      does: "client.sendCommand of Keywright's own script with the same keys and arguments; no deadline, the raw reply",
      async open({ url, prefix }) {
        const client = await untimed(url);
        return scriptTrial(client, prefix, ({ sha1, keys, args }) =>
          client.sendCommand(["EVALSHA", sha1, "2", ...keys, ...args], withoutTimeout),
        );
      },
    },
    {
      name: "node-redis evalSha, defaults",
      does: "client.evalSha of the same; a timeout of 5 s on each command, the raw reply",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        return scriptTrial(client, prefix, ({ sha1, keys, args }) =>
          client.evalSha(sha1, { keys: [...keys], arguments: [...args] }),
        );
      },
    },
    {
      name: "rate-limiter-flexible, timeout off",
      does: "consume: EVAL of its own shorter script (SET NX EX, INCRBY, PTTL), whole with each call; no deadline, no blocks",
      open: (place) => flexible(untimed, place),
    },
    {
      name: "rate-limiter-flexible, defaults",
      does: "the same under a timeout of 5 s on each command",
      open: (place) => flexible(onDefaults, place),
    },
    {
      name: "keywright",
      ours: true,
      does: "repository.consume: key checked, EVALSHA, deadline 1.5 s, the reply read into a verdict; blocks are respected",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        const limits = new Limits(client, prefix);
        return {
          operate: (i) => limits.consume(keys[i]!),
          async check(i, answer) {
            const { allowed, remaining, resetMs } = answer as Awaited<ReturnType<typeof limits.consume>>;
            assert.ok(allowed && remaining < LIMIT && resetMs <= WINDOW_MS);
            assert.ok((await client.pTTL(limits.keyOf(keys[i]!))) > 0, "the counter has no TTL");
          },
          close: () => client.destroy(),
        };
      },
    },
  ],
  goals: [
    { contestant: "keywright", against: "EVALSHA, timeout off", inFlight: 64, atLeast: 0.85 },
    { contestant: "keywright", against: "node-redis evalSha, defaults", inFlight: 64, atLeast: 1.5 },
    { contestant: "keywright", against: "rate-limiter-flexible, defaults", inFlight: 64, atLeast: 1 },
  ],
};

export default suite;
