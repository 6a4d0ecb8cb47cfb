/** A cache of users for tests: what its database holds, and how often it was asked. */
import { z } from "zod";
import { type CacheFamily, CacheRepository } from "../../src/repositories/cache.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import { str } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";

export interface IdKey {
  readonly id: string;
}
export interface User {
  readonly name: string;
  readonly joined: Date;
  readonly motto?: string | undefined;
}

export const userSchema = z.object({ name: z.string(), joined: z.date(), motto: z.string().optional() });

export const users: CacheFamily<User> = {
  name: "users",
  kind: "cache",
  pattern: "user:<id>",
  store: "default",
  tier: "R4",
  deadline: 10_000,
  retries: 0,
  tagged: false,
  ttl: { kind: "fixed", ms: 60_000 },
  loader: { deadline: 30_000 },
  value: compileCodec<User>(userSchema, "superjson"),
};

export class Cached<V, N extends null = never> extends CacheRepository<IdKey, V, N> {
  constructor(runtime: Runtime, family: CacheFamily<V>) {
    super(runtime, family, (k) => family.pattern.replace("<id>", str(k.id, "id")));
  }
}

export const user = (name: string): User => ({ name, joined: new Date(1_700_000_000_000) });

/** A promise that is opened by hand. */
export function gate<T = void>() {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const opened = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open, fail };
}

export const rejection = (call: Promise<unknown>) =>
  call.then(
    () => "it did not fail",
    (error) => error,
  );
