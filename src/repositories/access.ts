/**
 * What a service may do by the schema: writers do everything, readers what changes nothing. It is held in types, and
 * again at run time for callers without types.
 *
 * @module
 */
import { ForbiddenError } from "../runtime/errors.js";
import type { CallProfile } from "./call-profile.js";

/** In the place of an operation that the service may not use; the editor shows the sentence. */
export interface Forbidden<Why extends string> {
  readonly "keywright: not allowed": Why;
}

/**
 * A repository of which the service may only use what changes nothing. `C` is its class, which lists the operations that
 * write. It is worked out where a member is used, so that what a service never touches costs its compiler nothing.
 */
export type ReadOnly<R, C, Why extends string> = {
  readonly [M in keyof R as M extends "plans" | "keysFor" ? never : M]: M extends WritesOf<C>
    ? Forbidden<Why>
    : M extends "with"
      ? (profile: CallProfile) => ReadOnly<R, C, Why>
      : R[M];
};

/**
 * A repository of a family that moves: without the operations `Names`, which its strategy has no place for, and without
 * `plans`, since an operation is several of them meanwhile. At run time these operations are refused before anything is
 * sent.
 */
export type Moving<R, Names extends string, Why extends string> = {
  readonly [M in keyof R as M extends "plans" | "keysFor" ? never : M]: M extends Names
    ? Forbidden<Why>
    : M extends "with"
      ? (profile: CallProfile) => Moving<R, Names, Why>
      : R[M];
};

/** The writing operations of a repository class, e.g. `WritesOf<typeof ValueRepository>`; all where it lists none. */
export type WritesOf<C> = C extends { readonly writes: readonly (infer W)[] } ? W : PropertyKey;

/** `run` takes any plan, so it is no operation of a reader; `keysFor` is for plans. */
const notOffered: ReadonlySet<string> = new Set(["constructor", "run", "keysFor", "shareWith"]);

/**
 * The same repository, whose writing operations reject before anything is sent. An operation that reads and may write
 * beside it has another form for readers, which the class names in `forReaders`.
 */
export function readOnly<R extends { readonly family: { readonly name: string }; with(profile: CallProfile): R }>(
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
  const { forReaders = {} } = repository.constructor as { readonly forReaders?: Readonly<Record<string, string>> };
  for (const [operation, instead] of Object.entries(forReaders)) limited[operation] = limited[instead];
  for (const operation of writes) {
    limited[operation] = () => Promise.reject(new ForbiddenError({ family: repository.family.name, operation }, why));
  }
  // As the repository itself has one for each profile, so has its reader.
  const readers = new WeakMap<R, R>([[repository, limited as R]]);
  limited.with = (profile: CallProfile): R => {
    const other = repository.with(profile);
    const known = readers.get(other);
    if (known !== undefined) return known;
    const reader = readOnly(other, writes, why);
    readers.set(other, reader);
    return reader;
  };
  return limited as R;
}
