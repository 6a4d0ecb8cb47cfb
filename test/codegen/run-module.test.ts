/** What a schema may be made of, and that nothing of an earlier run is left. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { LoadError, loadSchema } from "../../src/codegen/load.js";
import { runModule } from "../../src/codegen/run-module.js";
import * as schemaModule from "../../src/schema/index.js";

const results = fileURLToPath(new URL("../../.results", import.meta.url));
let folder: string;

beforeEach(() => {
  // Below the project, so that a module finds zod.
  mkdirSync(results, { recursive: true });
  folder = mkdtempSync(join(results, "module-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** The exports of a module with this text. */
async function ran(text: string, file = "main.ts"): Promise<Readonly<Record<string, unknown>>> {
  write(file, text);
  return { ...(await runModule(join(folder, file))) };
}

describe("a module of a schema", () => {
  test.each([
    ["an enum", "enum Tier { hot = 1, cold }\nexport const value = Tier[2];", "cold"],
    ["a constant enum", "const enum Tier { hot = 1 }\nexport const value = Tier.hot;", 1],
    ["a namespace", "namespace Keys { export const room = 'room'; }\nexport const value = Keys.room;", "room"],
    ["a parameter property", "class A { constructor(readonly a: number) {} }\nexport const value = new A(3).a;", 3],
    [
      "satisfies, as, and generics",
      "const f = <T,>(a: T) => a satisfies T;\nexport const value = f<number>(3 as never);",
      3,
    ],
    ["a top-level await", "export const value = await Promise.resolve(3);", 3],
    ["an imported type", 'import { type ZodType, z } from "zod";\nexport const value: ZodType = z; void value;', z],
    ["a module of Node", 'import { sep } from "path";\nexport const value = sep;', "/"],
    ["require", 'export const value = require("node:path").sep;', "/"],
    [
      "require, declared",
      'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\nexport const value = require("node:path").sep;',
      "/",
    ],
    ["import =", 'import path = require("node:path");\nexport const value = path.sep;', "/"],
    ["a line for the shell", "#!/usr/bin/env node\nexport const value = typeof __dirname;", "string"],
    ["an import at run time", 'export const { value } = await import("./other.js");', "other"],
    ["an ending that means TypeScript", 'import { value } from "./other.js";\nexport { value };', "other"],
    ["no ending", 'import { value } from "./other";\nexport { value };', "other"],
    ["JSON", 'import data from "./data.json";\nexport const value = data.a;', 1],
    ["JSON with its type", 'import data from "./data.json" with { type: "json" };\nexport const value = data.a;', 1],
    [
      "a decorator",
      "const twice = (f: () => number) => () => 2 * f();\nclass A { @twice m() { return 2; } }\nexport const value = new A().m();",
      4,
    ],
  ])("may hold %s", async (_, text, value) => {
    write("other.ts", 'export const value: string = "other";');
    write("data.json", '{ "a": 1 }');
    expect((await ran(text)).value).toBe(value);
  });

  test("may be CommonJS", async () => {
    expect(
      (await ran('module.exports = { value: require("node:path").sep, dir: __dirname };', "main.cjs")).default,
    ).toEqual({
      value: "/",
      dir: folder,
    });
    const compiled =
      'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = 3;\nexports.value = 4;';
    expect(await ran(compiled, "compiled.cjs")).toMatchObject({ default: 3, value: 4 });
  });

  test("knows where it is, and so does each that it imports", async () => {
    write("inner/part.ts", "export const place = [import.meta.url, import.meta.dirname, __filename];");
    const { place, dir } = await ran('export { place } from "./inner/part.js";\nexport const dir = __dirname;');
    expect(dir).toBe(folder);
    expect(place).toEqual([`file://${folder}/inner/part.ts`, join(folder, "inner"), join(folder, "inner/part.ts")]);
  });

  test("may import in a circle", async () => {
    write("a.ts", 'import { b } from "./b.js";\nexport const a = "a";\nexport const both = () => a + b;');
    write("b.ts", 'import { a } from "./a.js";\nexport const b = "b";\nexport const other = () => b + a;');
    const { value } = await ran('import { both } from "./a.js";\nexport const value = both();');
    expect(value).toBe("ab");
  });

  test("declares with the modules that read it, and with the zod that they have", async () => {
    const { schema, zod } = await ran(
      'import * as schema from "keywright/schema";\nimport { z as zod } from "zod";\nexport { schema, zod };',
    );
    expect({ ...(schema as object) }).toEqual({ ...schemaModule });
    expect(zod).toBe(z);
  });

  test("may import a workspace's package in TypeScript, and one that is installed", async () => {
    write("packages/keys/package.json", '{ "name": "@acme/keys", "exports": "./keys.ts" }');
    write("packages/keys/keys.ts", "export enum Keys { one = 1 }");
    write("node_modules/plain/package.json", '{ "name": "plain", "main": "plain.js" }');
    write("node_modules/plain/plain.js", "exports.here = module.filename;");
    write("node_modules/typed/package.json", '{ "name": "typed", "exports": "./typed.ts" }');
    write("node_modules/typed/typed.ts", "export const two: number = 2;");
    mkdirSync(join(folder, "node_modules/@acme"));
    symlinkSync(join(folder, "packages/keys"), join(folder, "node_modules/@acme/keys"));
    const text = `import { Keys } from "@acme/keys";\nimport { here } from "plain";\nimport { two } from "typed";
      export const value = [Keys.one, here, two, require("plain").here];`;
    const plain = join(folder, "node_modules/plain/plain.js");
    expect((await ran(text)).value).toEqual([1, plain, 2, plain]);
    write("packages/keys/keys.ts", "export enum Keys { one = 10 }");
    expect((await ran(text)).value).toEqual([10, plain, 2, plain]);
  });

  test("takes the rest of keywright from where it is installed", async () => {
    // Those of this project would lead to our sources.
    for (const file of ["tsconfig.json", "package.json"]) write(file, "{}");
    write("node_modules/keywright/package.json", '{ "name": "keywright", "type": "module", "exports": "./index.js" }');
    write("node_modules/keywright/index.js", "export const object = {};");
    const text = 'export { object } from "keywright";';
    expect((await ran(text)).object).toBe((await ran(text)).object);
  });

  test("is read and evaluated anew every time, with what it imports", async () => {
    write("part.ts", "export const object = { n: 1 };");
    const text = 'export { object } from "./part.js";';
    const first = await ran(text);
    const second = await ran(text);
    expect(second).toEqual(first);
    expect(second.object).not.toBe(first.object);
    write("part.ts", "export const object = { n: 2 };");
    expect((await ran(text)).object).toEqual({ n: 2 });
  });

  test("a package that is said to have no side effects is run nevertheless", async () => {
    write("package.json", '{ "sideEffects": false }');
    write("part.ts", "(globalThis as { seen?: number }).seen = 7;");
    await ran('import "./part.js";');
    expect((globalThis as { seen?: number }).seen).toBe(7);
    delete (globalThis as { seen?: number }).seen;
  });
});

const declaration = `{
  purpose: "x", owner: "chat", writers: ["chat"], readers: [], tag: none("y"), ttl: "1h", value: z.string(),
}`;

describe("where a family is declared", () => {
  test("is told by line and column, whatever types stand before it", async () => {
    write(
      "keys.ts",
      `import { none, value } from "keywright/schema"; import { z } from "zod";
interface Long<T> { readonly a: T }
type Words = "é" | "ü";
/* 日本語 */ const typed: Words = "é"; export const a = value<never>("a:<id>" as never, ${declaration} as never);
export const made = (name: string): never => {
\treturn value(\`\${name}:<id>\` as never, ${declaration} as never) as never;
};
void (typed satisfies Long<Words>["a"]);
`,
    );
    write(
      "redis.schema.ts",
      `import { keyspace } from "keywright/schema";\nimport { a, made } from "./keys.js";
export const b = made("b") as unknown as typeof a;\n  export default keyspace({ name: "x", families: { a, b } });\n`,
    );
    const { keyspace } = await loadSchema(join(folder, "redis.schema.ts"));
    const text = '/* 日本語 */ const typed: Words = "é"; export const a = value';
    const keys = join(folder, "keys.ts");
    expect(keyspace.at).toEqual({ file: join(folder, "redis.schema.ts"), line: 4, column: 18 });
    expect(keyspace.families.a?.at).toEqual({ file: keys, line: 4, column: text.indexOf("value") + 1 });
    expect(keyspace.families.b?.at).toEqual({ file: keys, line: 8, column: 9 });
  });

  test.each([
    ["does not parse", "export const a = ;", 'Unexpected ";"', "1:18"],
    ["throws", "type A = 1;\n\nthrow new TypeError('not so');", "not so", "3:7"],
    [
      "throws in a function",
      "const f = (a: string): never => {\n  throw new Error(a);\n};\nf('not so');",
      "not so",
      "2:9",
    ],
    ["imports what is not exported", 'import { b } from "./empty.js";\nvoid b;', "No matching export", "1:10"],
  ])("is told of a module that %s", async (_, text, words, place) => {
    write("empty.ts", "export const a = 1;");
    write("part.ts", text);
    write("redis.schema.ts", 'import "./part.js";');
    const failed = loadSchema(join(folder, "redis.schema.ts"));
    await expect(failed).rejects.toThrow(LoadError);
    await expect(failed).rejects.toThrow(words);
    await expect(failed).rejects.toThrow(`(${join(folder, "part.ts")}:${place})`);
  });

  test("leaves the stacks of others as they were", async () => {
    const before = Error.prepareStackTrace;
    await ran("export const value = 1;");
    await ran("throw new Error('x');").catch(() => undefined);
    expect(Error.prepareStackTrace).toBe(before);
  });
});
