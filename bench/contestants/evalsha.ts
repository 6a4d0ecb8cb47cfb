/**
 * The script of Keywright's fixed window, called by hand with the same keys and arguments.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { RedisClientType } from "redis";
import type { Trial } from "../contestant.js";
import { tokens } from "../record.js";
import { Limits } from "./limits.js";

/** One call as a team would write it down: the SHA-1, the two keys, the arguments. */
export interface ScriptCall {
  readonly sha1: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** Reads the calls off the plans, so that they stay the same as the script changes, and loads the script. */
export async function scriptCalls(client: RedisClientType, prefix: string): Promise<readonly ScriptCall[]> {
  const limits = new Limits(client, prefix);
  const plans = tokens.map((token) => limits.plans.consume(limits.keyOf({ token })));
  const { script } = plans[0]!;
  await client.scriptLoad(script!.source);
  return plans.map(({ keys, args }) => ({
    sha1: script!.sha1,
    keys,
    args: args.slice(3 + keys.length) as string[],
  }));
}

/** A trial that ends with the script's reply, as it is. */
export async function scriptTrial(
  client: RedisClientType,
  prefix: string,
  send: (call: ScriptCall) => Promise<unknown>,
): Promise<Trial> {
  const calls = await scriptCalls(client, prefix);
  return {
    operate: (i) => send(calls[i]!),
    check: (_, answer) => {
      const [taken, count] = answer as [number, number];
      assert.equal(taken, 1);
      assert.ok(count > 0);
    },
    close: () => client.destroy(),
  };
}
