/**
 * The TTL that both forms of `presence` set with every heartbeat.
 *
 * @module
 */
import { MisuseError } from "../runtime/errors.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import { type RepositoryFamily, resolveTtl } from "./repository.js";

/** In milliseconds. */
export function presenceTtl(runtime: Runtime, family: RepositoryFamily & { readonly ttl: TtlPolicy }): number {
  const ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
  if (ttl.kind === "fixed") return ttl.ms;
  throw new MisuseError(
    { family: family.name, operation: "ttl" },
    "presence has no fixed TTL",
    'Write a duration in the schema, such as ttl: "3m", and generate again.',
  );
}
