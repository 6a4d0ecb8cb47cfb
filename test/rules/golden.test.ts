/**
 * Every message about a schema that cannot be read, as a terminal shows it, beside a schema that earns it: by line
 * number `<name>.txt` belongs to `<name>.schema.ts`. `npx vitest run test/rules -u` writes the texts anew.
 *
 * What the messages are is read from the sources: one that no golden schema earns fails here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { inspect } from "../../src/codegen/generate.js";
import type { Finding } from "../../src/rules/rule.js";
import { rendered } from "./rendered.js";

const golden = fileURLToPath(new URL("golden", import.meta.url));
const src = fileURLToPath(new URL("../../src", import.meta.url));
const names = readdirSync(golden)
  .filter((file) => file.endsWith(".schema.ts"))
  .map((file) => file.replace(".schema.ts", ""));

const found = new Map<string, readonly Finding[]>();
beforeAll(async () => {
  for (const name of names) {
    const schema = join(golden, `${name}.schema.ts`);
    found.set(name, (await inspect({ file: "", schema, out: join(golden, "generated") }, "2026-12-01")).findings);
  }
});

interface Told {
  readonly id: string | undefined;
  readonly message: RegExp;
  readonly where: string;
}

/** Calls whose message no text of their file gives: they pass on what is told elsewhere. */
const passedOn: string[] = [];

/** What a name is declared as in its file, where it is a constant with a value. */
function initializerOf(name: string, source: ts.SourceFile): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name)
      found = node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The texts that an expression may give, as expressions that match them; none where it is computed elsewhere. */
function textsOf(node: ts.Expression): string[] {
  const escaped = (text: string) => text.replace(/[$()*+./?[\\\]^{|}]/g, "\\$&");
  if (ts.isStringLiteralLike(node)) return [escaped(node.text)];
  if (ts.isTemplateExpression(node)) {
    return [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].map(escaped).join("[^]*")];
  }
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return [...textsOf(node.left), ...textsOf(node.right)];
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return textsOf(node.expression);
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.flatMap((each) => (ts.isPropertyAssignment(each) ? textsOf(each.initializer) : []));
  }
  if (ts.isElementAccessExpression(node)) return textsOf(node.expression);
  if (ts.isIdentifier(node)) {
    const value = initializerOf(node.text, node.getSourceFile());
    return value === undefined ? [] : textsOf(value);
  }
  return [];
}

const isId = (text: string) => /^[a-z]+(-[a-z]+)*$/.test(text);

/** All problems that a file of src/ tells by name: calls of report, problem and the like, and literals with an id. */
function toldBy(file: string): Told[] {
  const source = ts.createSourceFile(file, readFileSync(join(src, file), "utf8"), ts.ScriptTarget.Latest, true);
  const told: Told[] = [];
  const add = (id: string | undefined, messages: readonly string[], node: ts.Node): void => {
    if (messages.length === 0) passedOn.push(`${file}: ${node.getText().replace(/\s+/g, " ")}`);
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    for (const message of messages)
      told.push({
        id,
        message: new RegExp(`(?:^|: |^\\S+ )${message}(?:$| cannot be used)`, "u"),
        where: `${file}:${line}`,
      });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const callee = node.expression.getText().replace(/^.*[.#]/, "");
      const [first, ...others] = node.arguments ?? [];
      // The last argument is how to mend it; a field's name has no blank.
      const messages = others.slice(0, -1).map(textsOf);
      if (/^(report|problem|LanguageProblem)$/.test(callee) && first && ts.isStringLiteralLike(first)) {
        const message = messages.find((each) => each.some((text) => / /.test(text)));
        if (isId(first.text)) add(first.text, message ?? [], node);
      }
      // Functions that give an id to the message that they take.
      if (/^(syntax|irregular|DurationProblem)$/.test(callee) && first) add(undefined, textsOf(first), node);
      // These take where it is before it: the message is the first text with a blank.
      if ((callee === "refuse" && node.getText() !== "refuse(ranges)") || (callee === "words" && others.length > 2)) {
        const message = [...(node.arguments ?? [])].map(textsOf).find((each) => each.some((text) => / /.test(text)));
        add(undefined, message ?? [], node);
      }
    }
    if (ts.isObjectLiteralExpression(node)) {
      const property = (name: string) =>
        node.properties.find((each) => ts.isPropertyAssignment(each) && each.name.getText() === name) as
          | ts.PropertyAssignment
          | undefined;
      const [id, message] = [property("id")?.initializer, property("message")?.initializer];
      if (id && message && ts.isStringLiteralLike(id)) add(id.text, textsOf(message), node);
      // A part of a problem, whose id is given where it is passed on.
      if (!id && message && property("fix")) add(undefined, textsOf(message), node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return told;
}

const told = ["schema", "codegen"].flatMap((folder) =>
  readdirSync(join(src, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => toldBy(`${folder}/${file}`)),
);

describe("what is told about a schema", () => {
  test.each(names)("%s, as a terminal shows it", async (name) => {
    const findings = found.get(name) ?? [];
    expect(findings.length).toBeGreaterThan(0);
    const schema = join(golden, `${name}.schema.ts`);
    // A part of a keyspace lies in the folder of the schema's name.
    const files = [schema, join(golden, name, "part.ts")];
    for (const { at } of findings) {
      expect(files).toContain(at?.file);
      // There a family, a script or the keyspace is declared.
      const line = readFileSync(at?.file ?? "", "utf8").split("\n")[(at?.line ?? 0) - 1];
      expect(line?.slice((at?.column ?? 0) - 1)).toMatch(/^[a-z]+\(/i);
    }
    await expect(rendered(findings, schema)).toMatchFileSnapshot(join(golden, `${name}.txt`));
  });

  test("every message stands where it is told, but for those that are passed on", () => {
    expect(passedOn).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source file.
      'schema/build-manifest.ts: report("unsupported-option", name, refused[name] as string, `Leave ${name} out.`)',
      'schema/build-manifest.ts: report("duration", field, problem.message, problem.fix)',
      'schema/read-profile.ts: report("duration", "deadline", problem.message, problem.fix)',
      'schema/read-rules.ts: this.#report("duration", field, problem.message, problem.fix)',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source.
      'schema/read-values.ts: report("wire-cannot-carry", path === "" ? field : `${field}.${path}`, message, fix)',
      'schema/ttl.ts: this.#problem("ttl-duration", error.message, error.fix, name)',
      'schema/ttl.ts: this.#problem("ttl-reason", message, fix, name)',
      'schema/kinds/session.ts: context.problem("unsupported-ttl", "ttl", message, ttlForms)',
      'schema/kinds/token.ts: context.problem("unsupported-ttl", "ttl", message, ttlForms)',
      'schema/patterns/language.ts: new LanguageProblem("match-syntax", message, "Mend the regular expression.")',
    ]);
  });

  test("every message in the sources has a golden rendering", () => {
    const rows = [...found.values()].flat();
    expect(told.length).toBeGreaterThan(80);
    const missing = told.filter(
      ({ id, message }) =>
        !rows.some((finding) => (id === undefined || finding.id === id) && message.test(finding.message)),
    );
    expect(missing.map(({ id, where, message }) => `${id} (${where}): ${message.source}`)).toEqual([]);
  });
});
