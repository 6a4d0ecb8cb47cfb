/** Families, plans and servers for the tests of the runtime, which knows no kinds. */
import { expect, inject } from "vitest";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import type { Family } from "../../src/runtime/family.js";
import { type Argument, command, commandThat, type Plan, scriptCall } from "../../src/runtime/plan.js";
import type { Reader } from "../../src/runtime/reads.js";
import { Runtime, type RuntimeOptions, type Store } from "../../src/runtime/runtime.js";
import type { Script } from "../../src/runtime/script.js";
import { resolveRedisBinary } from "../../src/testing/resolve-redis.js";
import { type RedisOptions, startOwnRedis, type TestRedis } from "../../src/testing/single-server.js";
import type { TopologyClient } from "../setup/topologies.js";

/** False where only `REDIS_URL` could be had: then tests that stop or configure servers do not run. */
export const hasOwnServers = inject("cluster") !== undefined;

/** A server of the test's own, whatever `REDIS_URL` says. */
export async function ownRedis(options: RedisOptions = {}): Promise<TestRedis> {
  return startOwnRedis((await resolveRedisBinary()).binary, options);
}

export const noop = (): void => undefined;

export function family(overrides: Partial<Family> = {}): Family {
  return {
    name: "thing",
    kind: "value",
    pattern: "thing:<id>",
    store: "default",
    tier: "R3",
    deadline: 5000,
    retries: 0,
    ...overrides,
  };
}

export function storeOf(client: TopologyClient, options: RuntimeOptions = {}): Store {
  return new Runtime(client as never, ["default"], options).store(family());
}

const asIs = (reply: unknown): unknown => reply;

export function reader(of: Family = family()): Reader<string | null> {
  return { family: of, read: (raw) => raw };
}

export function reads(args: [string, string, ...Argument[]], of = family()): Plan<unknown> {
  return command(of, args[0].toLowerCase(), args[1], args, asIs, commandThat.reads);
}

export function writes(args: [string, string, ...Argument[]], of = family()): Plan<unknown> {
  return command(of, args[0].toLowerCase(), args[1], args, asIs, commandThat.writes);
}

export function runs(script: Script, keys: [string, ...string[]], args: Argument[] = [], of = family()): Plan<unknown> {
  return scriptCall(of, script.name, script, keys, args, asIs);
}

/** What the call rejects with; fails where it does not. */
export async function failure<E = Error>(call: Promise<unknown>): Promise<E> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in outcome) expect.fail(`resolved with ${JSON.stringify(outcome.value)}`);
  return outcome.error as E;
}

/** Milliseconds until the promise settles. */
export async function duration(call: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call.catch(noop);
  return performance.now() - start;
}

/** Keeps the event loop busy. */
export function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

export async function until(what: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await what())) {
    if (performance.now() > end) expect.fail(`not within ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** The events from now on; `stop` when done. */
export function recordEvents(): { readonly events: KeywrightEvent[]; stop(): void } {
  const events: KeywrightEvent[] = [];
  return { events, stop: onEvent((event) => events.push(event)) };
}
