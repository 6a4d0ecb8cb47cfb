/**
 * The keyspace: all families of a deployment, the schema's default export. It may include keyspaces of other modules and
 * packages, whose families are then its own.
 *
 * @module
 */
import type { FamilyDeclaration } from "./family.js";
import { callSite, type SchemaLocation } from "./problem.js";
import type { RuleSettings } from "./rule-settings.js";
import type { ScriptDeclaration } from "./script.js";
import type { TagScope } from "./tag.js";

export type Families = Readonly<Record<string, FamilyDeclaration>>;

export interface KeyspaceOptions<F extends Families, I extends readonly Keyspace[] = readonly []> {
  /** Name of the deployment, in the manifest and the inventory. */
  readonly name: string;
  /**
   * Keyspaces whose families, scopes and stores become this one's, from modules beside it or from packages. What several
   * of them include in turn is there once.
   */
  readonly include?: I;
  /** What `tagScopes` returned. */
  readonly scopes?: Readonly<Record<string, TagScope>>;
  /** The families, by the names that services use them under. */
  readonly families: F;
  /** Scripts of your own, by the names that services call them under. */
  readonly scripts?: Readonly<Record<string, ScriptDeclaration>>;
  /** All services; where it is given, an owner, reader or writer outside of it is an error. */
  readonly services?: readonly string[];
  /**
   * What environments and tenants may put before every key, as patterns by name, such as
   * `{ preview: "preview:<sha:hex>:" }`. Then no key belongs to two of them, nor to one and to none, and the runtime
   * takes no other prefix. Those of included keyspaces do not count.
   */
  readonly prefixes?: Readonly<Record<string, string>>;
  /**
   * Patterns whose keys may still be there though no family has them any more, each with the reason, such as
   * `{ "login_ip:<ip:ip>": "moved to rate:auth:login in January 2027" }`. Nobody may use them again.
   */
  readonly retired?: Readonly<Record<string, string>>;
  /** The named Redis servers that families live in; where it is left out, those of the included keyspaces, else `["default"]`. */
  readonly stores?: readonly string[];
  /** What the lint holds the families against, e.g. `practices`; only the rules of every keyspace where it is left out. */
  readonly rules?: RuleSettings;
  /** Findings of the lint that are right in the whole keyspace, by the rule's id, each with the reason. */
  readonly allow?: Readonly<Record<string, string>>;
}

/** What a keyspace declares itself, without what it includes. */
export interface OwnDeclarations {
  readonly scopes: Readonly<Record<string, TagScope>>;
  readonly families: Families;
  readonly scripts: Readonly<Record<string, ScriptDeclaration>>;
  readonly services: readonly string[] | undefined;
  readonly stores: readonly string[] | undefined;
}

export interface Keyspace<F extends Families = Families> {
  readonly kind: "keyspace";
  readonly name: string;
  /** Included ones are among them, as among the families and the stores. */
  readonly scopes: Readonly<Record<string, TagScope>>;
  readonly families: F;
  readonly scripts: Readonly<Record<string, ScriptDeclaration>>;
  readonly services: readonly string[] | undefined;
  readonly stores: readonly string[];
  readonly rules: RuleSettings;
  readonly allow: Readonly<Record<string, string>>;
  readonly prefixes: Readonly<Record<string, string>> | undefined;
  /** Those of included keyspaces are among them. */
  readonly retired: Readonly<Record<string, string>>;
  readonly include: readonly Keyspace[];
  readonly own: OwnDeclarations;
  readonly at: SchemaLocation | undefined;
  /** Options that there are none of, as a caller without types may pass. */
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** The families of all included keyspaces, by name. */
export type IncludedFamilies<I extends readonly Keyspace[]> = I extends readonly [
  infer First extends Keyspace,
  ...infer Rest extends readonly Keyspace[],
]
  ? First["families"] & IncludedFamilies<Rest>
  : unknown;

export const keyspaceOptions = [
  "name",
  "include",
  "scopes",
  "families",
  "scripts",
  "services",
  "stores",
  "prefixes",
  "retired",
  "rules",
  "allow",
] as const;

export function isKeyspace(value: unknown): value is Keyspace {
  return typeof value === "object" && value !== null && (value as Partial<Keyspace>).kind === "keyspace";
}

/** Gathers families into a keyspace. Nothing is checked yet: `keywright generate` tells all problems at once. */
export function keyspace<const F extends Families, const I extends readonly Keyspace[] = readonly []>(
  options: KeyspaceOptions<F, I>,
): Keyspace<F & IncludedFamilies<I>> {
  const {
    name,
    include = [],
    scopes = {},
    families = {},
    scripts = {},
    services,
    stores,
    prefixes,
    retired = {},
    rules = {},
    allow = {},
    ...unknown
  }: KeyspaceOptions<Families, readonly Keyspace[]> = options;
  const included = Array.isArray(include) ? include.filter(isKeyspace) : [];
  return {
    kind: "keyspace",
    name,
    scopes: Object.assign({}, ...included.map((one) => one.scopes), scopes),
    families: Object.assign({}, ...included.map((one) => one.families), families),
    scripts: Object.assign({}, ...included.map((one) => one.scripts), scripts),
    services,
    stores: stores ?? storesOf(included),
    prefixes,
    retired: Object.assign({}, ...included.map((one) => one.retired), retired),
    rules,
    allow,
    include,
    own: { scopes, families, scripts, services, stores },
    at: callSite(keyspace),
    unknown,
  };
}

function storesOf(included: readonly Keyspace[]): readonly string[] {
  return [...new Set(["default", ...included.flatMap(({ stores }) => stores)])];
}
