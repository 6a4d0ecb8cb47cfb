/**
 * The way of the model to a real Redis: one connection, over which the commands of many schedules leave together.
 *
 * @module
 */
import { createClient, type RedisClientType } from "redis";
import { failureOf } from "../../../src/runtime/failure.js";
import type { Argument, Plan } from "../../../src/runtime/plan.js";
import type { Script } from "../../../src/runtime/script.js";

const text = { timeout: undefined };
const bytes = { timeout: undefined, typeMapping: { 36: Buffer } };

export class Connection {
  readonly #client: RedisClientType;
  readonly #known = new Set<string>();

  private constructor(client: RedisClientType) {
    this.#client = client;
  }

  static async open(url: string): Promise<Connection> {
    const client = createClient({ url }).on("error", () => undefined) as RedisClientType;
    await client.connect();
    const [seconds] = (await client.sendCommand(["TIME"])) as unknown as [string];
    // TTLs that run out are told by this process's clock.
    if (Math.abs(Number(seconds) * 1000 - Date.now()) > 5000) {
      client.destroy();
      throw new Error("the model needs a Redis whose clock is that of this machine");
    }
    return new Connection(client);
  }

  /** Loads a plan's script, where the server does not have it yet. */
  async know({ script }: Plan<unknown>): Promise<void> {
    if (script !== undefined && !this.#known.has(script.sha1)) await this.#load(script);
  }

  /** The plan's result, for a script that the server knows; what Redis refused is thrown as the runtime throws it. */
  async send<T>(plan: Plan<T>): Promise<T> {
    let reply: unknown;
    try {
      reply = await this.raw(plan.args, plan.binary);
    } catch (error) {
      throw failureOf(error, plan.family, plan.operation, plan.writes);
    }
    return plan.decode(reply);
  }

  raw(args: readonly Argument[], binary = false): Promise<unknown> {
    return this.#client.sendCommand(args as string[], (binary ? bytes : text) as object);
  }

  /** Runs a script of the harness on keys. */
  async script(script: Script, keys: readonly string[], args: readonly string[] = []): Promise<unknown> {
    if (!this.#known.has(script.sha1)) await this.#load(script);
    return this.raw(["EVALSHA", script.sha1, String(keys.length), ...keys, ...args]);
  }

  close(): void {
    this.#client.destroy();
  }

  async #load(script: Script): Promise<void> {
    await this.raw(["SCRIPT", "LOAD", script.source]);
    this.#known.add(script.sha1);
  }
}
