/**
 * The keyspace: all families of a deployment, the schema's default export.
 *
 * @module
 */
import type { FamilyDeclaration } from "./family.js";
import { callSite, type SchemaLocation } from "./problem.js";
import type { RuleSettings } from "./rule-settings.js";
import type { TagScope } from "./tag.js";

export interface KeyspaceOptions<F extends Readonly<Record<string, FamilyDeclaration>>> {
  /** Name of the deployment, in the manifest and the inventory. */
  readonly name: string;
  /** What `tagScopes` returned. */
  readonly scopes?: Readonly<Record<string, TagScope>>;
  /** The families, by the names that services use them under. */
  readonly families: F;
  /** All services; where it is given, an owner, reader or writer outside of it is an error. */
  readonly services?: readonly string[];
  /** The named Redis servers that families live in; `["default"]` where it is left out. */
  readonly stores?: readonly string[];
  /** What the lint holds the families against, e.g. `practices`; only the rules of every keyspace where it is left out. */
  readonly rules?: RuleSettings;
  /** Findings of the lint that are right in the whole keyspace, by the rule's id, each with the reason. */
  readonly allow?: Readonly<Record<string, string>>;
}

export interface Keyspace<
  F extends Readonly<Record<string, FamilyDeclaration>> = Readonly<Record<string, FamilyDeclaration>>,
> {
  readonly kind: "keyspace";
  readonly name: string;
  readonly scopes: Readonly<Record<string, TagScope>>;
  readonly families: F;
  readonly services: readonly string[] | undefined;
  readonly stores: readonly string[];
  readonly rules: RuleSettings;
  readonly allow: Readonly<Record<string, string>>;
  readonly at: SchemaLocation | undefined;
  /** Options that there are none of, as a caller without types may pass. */
  readonly unknown: Readonly<Record<string, unknown>>;
}

export const keyspaceOptions = ["name", "scopes", "families", "services", "stores", "rules", "allow"] as const;

/** Gathers families into a keyspace. Nothing is checked yet: `keywright generate` tells all problems at once. */
export function keyspace<const F extends Readonly<Record<string, FamilyDeclaration>>>(
  options: KeyspaceOptions<F>,
): Keyspace<F> {
  const {
    name: _name,
    scopes: _scopes,
    families: _families,
    services: _services,
    stores: _stores,
    rules: _rules,
    allow: _allow,
    ...unknown
  } = options;
  return {
    kind: "keyspace",
    name: options.name,
    scopes: options.scopes ?? {},
    families: options.families,
    services: options.services,
    stores: options.stores ?? ["default"],
    rules: options.rules ?? {},
    allow: options.allow ?? {},
    at: callSite(keyspace),
    unknown,
  };
}
