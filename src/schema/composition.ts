/**
 * Keyspaces that include others: which keyspace each family and scope comes from, and what clashes.
 *
 * @module
 */
import type { FamilyDeclaration } from "./family.js";
import { isKeyspace, type Keyspace } from "./keyspace.js";
import type { SchemaLocation } from "./problem.js";
import type { Problems } from "./problems.js";
import type { TagScope } from "./tag.js";

export interface Composition {
  /** The keyspace itself, and all that it includes, each once. */
  readonly parts: readonly Keyspace[];
  /** The keyspace that declares a family, by the family's name. */
  readonly familyHome: ReadonlyMap<string, Keyspace>;
  /** The keyspace that declares a scope, by the scope's name. */
  readonly scopeHome: ReadonlyMap<string, Keyspace>;
}

/** Finds the parts of a keyspace, and reports what clashes, with both places. */
export function readComposition(keyspace: Keyspace, problems: Problems): Composition {
  const parts: Keyspace[] = [];
  gather(keyspace, parts, problems);
  const familyHome = new Map<string, Keyspace>();
  const scopeHome = new Map<string, Keyspace>();
  const scriptHome = new Map<string, Keyspace>();
  for (const part of parts) {
    for (const [name, family] of Object.entries(part.own.families)) {
      const home = familyHome.get(name);
      if (home === undefined) familyHome.set(name, part);
      else if (!sameFamily(home.own.families[name], family)) {
        problems.add(
          {
            id: "composition-clash",
            field: "families",
            message: `two families are called "${name}": one of the keyspace ${home.name}, one of ${part.name}`,
            fix: "Rename one of them: both would be the same member of the generated repositories.",
            ...other(home.own.families[name]?.at ?? home.at),
          },
          name,
          family?.at ?? part.at,
        );
      }
    }
    for (const [name, scope] of Object.entries(part.own.scopes)) {
      const home = scopeHome.get(name);
      if (home === undefined) scopeHome.set(name, part);
      else if (!sameScope(home.own.scopes[name] as TagScope, scope)) {
        problems.add(
          {
            id: "composition-clash",
            field: `scopes.${name}`,
            message: `two scopes are called "${name}": ${home.own.scopes[name]?.tag} of the keyspace ${home.name}, and ${scope.tag} of ${part.name}`,
            fix: "Rename one of them, or give both the same tag: then they are one scope.",
            ...other(home.own.scopes[name]?.at ?? home.at),
          },
          undefined,
          scope.at ?? part.at,
        );
      }
    }
    for (const [name, one] of Object.entries(part.own.scripts)) {
      const home = scriptHome.get(name);
      if (home === undefined) scriptHome.set(name, part);
      else if (home.own.scripts[name] !== one && !samePlace(home.own.scripts[name]?.at, one?.at)) {
        problems.add(
          {
            id: "composition-clash",
            field: "scripts",
            message: `two scripts are called "${name}": one of the keyspace ${home.name}, one of ${part.name}`,
            fix: "Rename one of them: both would be the same member of the generated repositories.",
            ...other(home.own.scripts[name]?.at ?? home.at),
          },
          name,
          one?.at ?? part.at,
        );
      }
    }
    checkStores(keyspace, part, problems);
  }
  return { parts, familyHome, scopeHome };
}

/** A list of stores is the whole list: a package's servers must be known to those who run it. */
function checkStores(keyspace: Keyspace, part: Keyspace, problems: Problems): void {
  for (const store of part.own.stores ?? []) {
    if (keyspace.stores.includes(store)) continue;
    problems.add(
      {
        id: "composition-clash",
        field: "stores",
        message: `the included keyspace ${part.name} has the store "${store}", which ${keyspace.name} does not list`,
        fix: `Add "${store}" to the stores of ${keyspace.name}: a client is needed for it.`,
        ...other(part.at),
      },
      undefined,
      keyspace.at,
    );
  }
}

function gather(keyspace: Keyspace, parts: Keyspace[], problems: Problems): void {
  if (parts.some((part) => part === keyspace || sameKeyspace(part, keyspace))) return;
  parts.push(keyspace);
  const { include } = keyspace;
  for (const one of Array.isArray(include) ? include : [include]) {
    if (isKeyspace(one)) gather(one, parts, problems);
    else {
      problems.add(
        {
          id: "invalid-include",
          field: "include",
          message: `the keyspace ${keyspace.name} includes something that is no keyspace`,
          fix: "Include what keyspace() returned, e.g. include: [billing]. In modules that import each other it is undefined: take the circle out.",
        },
        undefined,
        keyspace.at,
      );
    }
  }
}

/** A loader may evaluate one module twice, so that its declarations are two objects of one place. */
function samePlace(a: SchemaLocation | undefined, b: SchemaLocation | undefined): boolean {
  return a !== undefined && b !== undefined && a.file === b.file && a.line === b.line && a.column === b.column;
}

function sameKeyspace(a: Keyspace, b: Keyspace): boolean {
  return samePlace(a.at, b.at) && a.name === b.name;
}

function sameFamily(a: FamilyDeclaration | undefined, b: FamilyDeclaration | undefined): boolean {
  return a === b || (samePlace(a?.at, b?.at) && a?.kind === b?.kind && a?.pattern === b?.pattern);
}

function sameScope(a: TagScope, b: TagScope): boolean {
  return a.tag === b.tag && a.constant === b.constant;
}

function other(place: SchemaLocation | undefined): { other?: SchemaLocation } {
  return place === undefined ? {} : { other: place };
}
