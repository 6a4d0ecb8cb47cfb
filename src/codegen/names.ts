/**
 * The names that generated files declare. Two of one name would be merged by TypeScript without a word where both are
 * interfaces, so a clash is a mistake of the schema: a family or a scope takes another name.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import type { SchemaProblem } from "../schema/problem.js";
import type { FamilyCode } from "./family-code.js";
import { readerOf, transactionReaderOf } from "./index-file.js";
import { pascalCase } from "./literal.js";

/** What generated code uses by its global name. A value interface of such a name would hide it. */
const globals = [
  ..."Array ArrayBuffer BigInt Boolean Buffer Date Error Function Infinity JSON Map Math NaN Number Object Promise".split(
    " ",
  ),
  ..."Proxy Reflect RegExp Set String Symbol Uint8Array WeakMap WeakSet".split(" "),
  ..."Awaited Exclude Extract NonNullable Omit Parameters Partial Pick PropertyKey Readonly ReadonlyArray ReadonlyMap".split(
    " ",
  ),
  ..."ReadonlySet Record Required ReturnType".split(" "),
];

/** What the index declares or imports whatever the schema. */
const ofTheIndex =
  "Clients InTransaction NoKey Options Repositories Runtime RuntimeOptions Scope ScriptPlan Service ServiceRepositories StartUpTtl Stores".split(
    " ",
  );

/** Names that two parts of the schema would declare, or that hide one that generated code needs. */
export function nameClashes(manifest: Manifest, codes: readonly FamilyCode[]): SchemaProblem[] {
  const taken = new Map<string, string>();
  for (const name of globals) taken.set(name, "TypeScript");
  for (const name of ofTheIndex) taken.set(name, "Keywright");
  for (const code of codes) {
    for (const name of [...code.imports, code.plansImport, readerOf(code), transactionReaderOf(code)]) {
      taken.set(name.replace(/^type /, ""), "Keywright");
    }
  }
  const problems: SchemaProblem[] = [];
  const declare = (name: string, owner: string, problem: Pick<SchemaProblem, "family" | "field">): void => {
    const other = taken.get(name);
    taken.set(name, owner);
    if (other === undefined || other === owner) return;
    problems.push({
      ...problem,
      id: "invalid-name",
      message: `${owner} would declare the type ${name}, which is already one of ${other}`,
      fix: "Give one of them another name in the schema.",
    });
  };
  for (const { family, valueTypes } of codes) {
    const pascal = pascalCase(family.name);
    for (const name of [`${pascal}Key`, `${pascal}Repository`, ...valueTypes]) {
      declare(name, `the family ${family.name}`, { family: family.name, field: "name" });
    }
  }
  for (const { name } of manifest.scripts ?? []) {
    const pascal = pascalCase(name);
    for (const declared of [`${pascal}Key`, `${pascal}Arguments`, `${name}Script`]) {
      declare(declared, `the script ${name}`, { family: name, field: "name" });
    }
  }
  for (const { name } of manifest.scopes) {
    const pascal = pascalCase(name);
    for (const declared of [`${pascal}ScopeKey`, `${pascal}Transaction`]) {
      declare(declared, `the scope ${name}`, { field: `scopes.${name}` });
    }
  }
  return problems;
}
