/**
 * Keywright's repositories of the record, as generated code builds them.
 *
 * @module
 */
import { type CacheFamily, CacheRepository } from "../../src/repositories/cache.js";
import { type ValueFamily, ValueRepository } from "../../src/repositories/value.js";
import type { Tier } from "../../src/runtime/family.js";
import { type Clients, Runtime } from "../../src/runtime/runtime.js";
import { hex } from "../../src/schema/patterns/encode.js";
import { type Codec, compileCodec } from "../../src/schema/values/codec.js";
import { type RecordWithDate, type RecordWithText, recordWithDate, recordWithText, TTL_MS } from "../record.js";

export interface SessionKey {
  readonly token: string;
}

function family<V>(value: Codec<V>, tier: Tier = "R3"): ValueFamily<V> {
  return {
    name: "benchSession",
    kind: "value",
    pattern: "session:<token:hex>",
    store: "default",
    tier,
    deadline: 1500,
    retries: 2,
    tagged: false,
    ttl: { kind: "fixed", ms: TTL_MS },
    overwrite: "restart",
    undecodable: "throw",
    value,
  };
}

class Sessions<V> extends ValueRepository<SessionKey, V> {
  constructor(client: unknown, prefix: string, of: ValueFamily<V>) {
    super(new Runtime(client as Clients, ["default"]), of, (k) => `${prefix}session:${hex(k.token, "token")}`);
  }
}

/** The date as ISO text, on the wire `json`. */
export const sessionsAsJson = (client: unknown, prefix: string): Sessions<RecordWithText> =>
  new Sessions(client, prefix, family(compileCodec(recordWithText, "json")));

/** The same as a coordination family: its reads are never batched. */
export const sessionsUnbatched = (client: unknown, prefix: string): Sessions<RecordWithText> =>
  new Sessions(client, prefix, family(compileCodec(recordWithText, "json"), "R0"));

/** A Date, on the wire `superjson`. */
export const sessionsAsSuperjson = (client: unknown, prefix: string): Sessions<RecordWithDate> =>
  new Sessions(client, prefix, family(compileCodec(recordWithDate, "superjson")));

class Cache extends CacheRepository<SessionKey, RecordWithText> {
  constructor(client: unknown, prefix: string) {
    const { name, pattern, store, deadline, retries, tagged, ttl, value } = family(
      compileCodec(recordWithText, "json"),
    );
    const of: CacheFamily<RecordWithText> = {
      ...{ name, pattern, store, deadline, retries, tagged, ttl, value },
      kind: "cache",
      tier: "R4",
      loader: { deadline: 30_000 },
    };
    super(new Runtime(client as Clients, ["default"]), of, (k) => `${prefix}cache:${hex(k.token, "token")}`);
  }
}

/** The same record in a cache. */
export const cachedSessions = (client: unknown, prefix: string): Cache => new Cache(client, prefix);
