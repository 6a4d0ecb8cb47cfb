/**
 * Puts the repositories of a service together: all of them, or what the schema allows the service.
 *
 * @module
 */
import { ForbiddenError, MisuseError } from "../runtime/errors.js";
import type { Plan } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { matchKey } from "../schema/patterns/key.js";
import { parsePattern } from "../schema/patterns/parse.js";
import type { TtlPolicy } from "../schema/ttl.js";
import { readOnly } from "./access.js";
import { type OwnScript, type ScriptPlanner, scriptFunction, scriptPlanner } from "./own-script.js";
import type { Plans, Repository, RepositoryFamily } from "./repository.js";
import { Scope, type ScopeMember, type ScopeScript } from "./scope.js";
import { storesOf } from "./stores.js";

type AnyRepository = Repository<never, RepositoryFamily, Plans<RepositoryFamily>>;

/** What the generated index knows. */
export interface Parts {
  readonly families: Readonly<Record<string, object>>;
  /** For each scope its families, with the parameters that the scope leaves open. */
  readonly scopes: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** The team's own scripts; left out where the schema declares none. */
  readonly scripts?: Readonly<Record<string, OwnScript<never, never, unknown>>>;
  /** What may be the prefix, as patterns by name; left out where the schema declares none. */
  readonly prefixes?: Readonly<Record<string, string>>;
  readonly access: Readonly<Record<string, Readonly<Record<string, "read" | "write">>>>;
  /** Where a family moves: the keyspace, and the hash of its schema without the phases. */
  readonly moves?: { readonly keyspace: string; readonly schema: string };
}

function writesOf(repository: object): readonly string[] {
  return (repository.constructor as unknown as { readonly writes: readonly string[] }).writes;
}

/** The name under which start-up sets a family's TTL, where the schema says so. */
function configNameOf(repository: AnyRepository): string[] {
  const { ttl } = repository.family as { readonly ttl?: TtlPolicy };
  return ttl?.kind === "config" ? [ttl.name] : [];
}

/** A prefix that the schema does not know could make one environment's key that of another. */
function checkPrefix(prefix: string, prefixes: Readonly<Record<string, string>>): void {
  if (prefix === "") return;
  const patterns = Object.values(prefixes);
  if (patterns.some((pattern) => matchKey(parsePattern(pattern).pattern, prefix) !== undefined)) return;
  throw new MisuseError(
    { family: "createRepositories", operation: "prefix" },
    "the prefix is none of those that the schema declares",
    `Give one of the form ${patterns.join(" or ")}, or declare it in keyspace({ prefixes }).`,
  );
}

/** For callers without types: says why the family is not there, where they would meet undefined. */
function refuseUse(assembled: object, name: string, service: string): void {
  Object.defineProperty(assembled, name, {
    get() {
      throw new ForbiddenError(
        { family: name, operation: "use" },
        `${service} neither reads nor writes it`,
        "Add the service to the family's readers or writers in the schema, and generate again.",
      );
    },
  });
}

/** Called by the generated `createRepositories`. */
export function assembleRepositories<R>(runtime: Runtime, service: string | undefined, parts: Parts): R {
  const access = service === undefined || !Object.hasOwn(parts.access, service) ? undefined : parts.access[service];
  if (service !== undefined && access === undefined) {
    throw new MisuseError(
      { family: "createRepositories", operation: "service" },
      `the schema knows no service "${service}"`,
      `Use one of ${Object.keys(parts.access).join(", ")}, or name it in the schema as a reader or writer.`,
    );
  }
  if (parts.prefixes !== undefined) checkPrefix(runtime.givenPrefix, parts.prefixes);
  const names = Object.values(parts.families).flatMap((repository) => configNameOf(repository as AnyRepository));
  for (const name of Object.keys(runtime.startUpTtl)) {
    if (names.includes(name)) continue;
    throw new MisuseError(
      { family: "createRepositories", operation: "ttl" },
      `the schema leaves no TTL "${name}" to start-up`,
      names.length === 0 ? "Leave it out." : `The names are ${[...new Set(names)].sort().join(", ")}.`,
    );
  }
  const assembled: Record<string, unknown> = { ...storesOf(runtime) };
  const forbidden = (name: string): readonly string[] =>
    access?.[name] === "read" ? writesOf(parts.families[name] as object) : [];
  for (const [name, repository] of Object.entries(parts.families)) {
    if (access === undefined || access[name] === "write") assembled[name] = repository;
    else if (access[name] === "read") {
      assembled[name] = readOnly(repository as AnyRepository, writesOf(repository), `${service} only reads ${name}`);
    } else refuseUse(assembled, name, service as string);
  }
  const scripts = new Map<string, ScriptPlanner<never, never, unknown>>();
  for (const [name, own] of Object.entries(parts.scripts ?? {})) {
    const allowed = own.keys.every(({ family, access: needed }) =>
      needed === "write" ? access?.[family] === "write" : access?.[family] !== undefined,
    );
    if (access !== undefined && !allowed) continue;
    const planned = scriptPlanner(own, runtime, parts.families);
    scripts.set(name, planned);
    assembled[name] = scriptFunction(own, runtime, planned);
  }
  for (const [scope, families] of Object.entries(parts.scopes)) {
    const members: Record<string, ScopeMember> = {};
    for (const [name, open] of Object.entries(families)) {
      if (access !== undefined && access[name] === undefined) continue;
      members[name] = {
        repository: parts.families[name] as AnyRepository,
        whole: open.length === 0,
        forbidden: new Set(forbidden(name)),
      };
    }
    const first = Object.values(members)[0];
    if (first === undefined) continue;
    const { executor } = runtime.store(first.repository.family);
    const scoped: Record<string, ScopeScript> = {};
    for (const [name, planned] of scripts) {
      const open = parts.scripts?.[name]?.keys.map(({ family }) => families[family]) ?? [];
      if (open.includes(undefined)) continue;
      scoped[name] = { planned: planned as ScopeScript["planned"], whole: open.flat().length === 0 };
    }
    assembled[scope] = (parameters: object = {}) =>
      new Scope<Record<string, Record<string, (...args: never[]) => Plan<unknown>>>>(
        scope,
        parameters,
        members,
        executor,
        scoped,
      );
  }
  return assembled as R;
}
