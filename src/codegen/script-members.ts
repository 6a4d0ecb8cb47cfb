/**
 * Emits a team's own scripts as members: of the repositories, and of the transactions of their scope.
 *
 * @module
 */
import type { Manifest, ManifestScope, ManifestScript } from "../schema/manifest.js";
import { docComment } from "./doc-comment.js";
import { pascalCase } from "./literal.js";
import { member } from "./member.js";
import { factsOfScript, keyFields, resultType } from "./scripts-file.js";

/** The scripts whose keys are of a scope. */
export function scriptsOf(scope: ManifestScope, { scripts = [] }: Manifest): ManifestScript[] {
  return scripts.filter((script) => script.scope === scope.name);
}

/** A script within a transaction of its scope: built, not sent. */
export function scriptPlan(script: ManifestScript, scope: ManifestScope, manifest: Manifest): string {
  const fixed = scope.parameters.map(({ name }) => name);
  const open = [...keyFields(script, manifest)]
    .filter(([name]) => !fixed.includes(name))
    .map(([name, type]) => `readonly ${name}: ${type}`);
  const parameters = [
    ...(open.length === 0 ? [] : [`key: { ${open.join("; ")} }`]),
    ...(script.args.length === 0 ? [] : [`args: ${pascalCase(script.name)}Arguments`]),
  ];
  return `${script.name}(${parameters.join(", ")}): ScriptPlan<${resultType(script)}>;`;
}

/** The call of a script, as a member of the repositories. */
export function scriptMember(script: ManifestScript, indent: string): string[] {
  const pascal = pascalCase(script.name);
  const args = script.args.length === 0 ? "" : `, args: ${pascal}Arguments`;
  return [
    docComment([`${factsOfScript(script)} One round trip.`], indent),
    member(script.name, "ScriptFunction", [`(key: ${pascal}Key${args}) => Promise<${resultType(script)}>`], indent),
  ];
}
