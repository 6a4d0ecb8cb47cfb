/**
 * What a service may do by the schema: writers do everything, readers what changes nothing. It is held in types, and
 * again at run time for callers without types.
 *
 * @module
 */
import { ForbiddenError } from "../runtime/errors.js";

/** In the place of an operation that the service may not use; the editor shows the sentence. */
export interface Forbidden<Why extends string> {
  readonly "keywright: not allowed": Why;
}

/** A repository of which the service may only use what changes nothing. `W` are the operations that it may not. */
export type ReadOnly<R, W extends PropertyKey, Why extends string> = {
  readonly [M in keyof R as M extends "plans" | "keysFor" ? never : M]: M extends W ? Forbidden<Why> : R[M];
};

/** The writing operations of a repository class, e.g. `WritesOf<typeof ChatMessagesRepository>`. */
export type WritesOf<C extends { readonly writes: readonly string[] }> = C["writes"][number];

/** `run` takes any plan, so it is no operation of a reader; `keysFor` is for plans. */
const notOffered: ReadonlySet<string> = new Set(["constructor", "run", "keysFor"]);

/** The same repository, whose writing operations reject before anything is sent. */
export function readOnly<R extends { readonly family: { readonly name: string } }>(
  repository: R,
  writes: readonly string[],
  why: string,
): R {
  const limited: Record<string, unknown> = { family: repository.family };
  for (
    let prototype = Object.getPrototypeOf(repository);
    prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const member = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      // Bound to the repository itself, where its private fields live.
      if (typeof member === "function" && !notOffered.has(name) && !(name in limited))
        limited[name] = member.bind(repository);
    }
  }
  for (const operation of writes) {
    limited[operation] = () => Promise.reject(new ForbiddenError({ family: repository.family.name, operation }, why));
  }
  return limited as R;
}
