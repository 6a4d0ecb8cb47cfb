import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { valueType } from "../../src/codegen/value-type.js";
import { bytes } from "../../src/schema/values/bytes.js";
import { shapeOf } from "../../src/schema/values/shape-of.js";

const typeOf = (schema: z.ZodType, name = "Message") => valueType(shapeOf(schema), { name });
const textOf = (schema: z.ZodType) => typeOf(schema).declarations.join("\n\n");

describe("valueType", () => {
  it("writes an interface as a colleague would", () => {
    const author = z.object({ name: z.string(), age: z.int().nullable() });
    const place = z.object({ street: z.string(), town: z.string(), code: z.string(), since: z.date() });
    const schema = z
      .object({
        id: z.uuid().describe("Who sent it."),
        body: z.string().optional(),
        note: z.exactOptional(z.string()),
        at: z.date(),
        tags: z.array(z.enum(["new", "old"])),
        author,
        places: z.array(place),
        "x-seen": z.map(z.string(), z.date()),
        retries: z.int().default(3),
      })
      .describe("A message of a chat room.");
    expect(textOf(schema)).toBe(`/** A message of a chat room. */
export interface Message {
  /** Who sent it. */
  readonly id: string;
  readonly body?: string | undefined;
  readonly note?: string;
  readonly at: Date;
  readonly tags: readonly ("new" | "old")[];
  readonly author: { readonly name: string; readonly age: number | null };
  readonly places: readonly MessagePlace[];
  readonly "x-seen": ReadonlyMap<string, Date>;
  readonly retries: number;
}

export interface MessagePlace {
  readonly street: string;
  readonly town: string;
  readonly code: string;
  readonly since: Date;
}`);
  });

  it("speaks of a short type by itself, and names any other", () => {
    expect(typeOf(z.string())).toStrictEqual({ declarations: [], type: "string" });
    expect(typeOf(z.date())).toStrictEqual({ declarations: [], type: "Date" });
    expect(typeOf(z.array(z.int()))).toStrictEqual({
      declarations: ["export type Message = readonly number[];"],
      type: "Message",
    });
  });

  it("names alternatives by their tag, and recursive types", () => {
    const corner = z.object({ x: z.int(), y: z.int(), z: z.int(), w: z.int() });
    const figure = z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("circle"), r: z.number() }),
      z.object({ kind: z.literal("line"), from: corner, to: corner, width: z.int() }),
    ]);
    expect(textOf(figure)).toContain(
      'export type Message = { readonly kind: "circle"; readonly r: number } | MessageLine;',
    );
    const tree: z.ZodType = z.object({
      id: z.string(),
      get children(): z.ZodType {
        return z.array(tree);
      },
    });
    expect(textOf(tree)).toContain("readonly children: readonly Message[];");
    expect(textOf(z.object({ root: tree }))).toContain("readonly children: readonly MessageRoot[];");
  });

  it("keeps names apart, escapes texts, indents", () => {
    const part = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string() });
    const text = textOf(z.object({ "part-one": part, partOne: part }));
    expect(text).toContain('readonly "part-one": MessagePartOne;');
    expect(text).toMatch(/readonly partOne: MessagePartOne\w+;/);
    expect(textOf(z.object({ a: z.literal('"\\\n') }))).toContain('readonly a: "\\"\\\\\\n";');
    expect(textOf(z.object({ a: z.string().describe("ends */ early") }))).toContain("/** ends * / early */");
    const [first] = valueType(shapeOf(part), { name: "Part", indent: 2 }).declarations;
    expect(first?.split("\n").slice(0, 2)).toStrictEqual(["  export interface Part {", "    readonly a: string;"]);
  });

  it("compiles, and accepts what zod's output type gives", { timeout: 60_000 }, () => {
    // Each as source text: it is evaluated here, and compiled beside its generated type.
    const both = [
      `z.object({ id: z.uuid(), at: z.date(), note: z.string().optional(), n: z.int().nullable(), e: z.exactOptional(z.string()) })`,
      `z.object({ level: z.enum(["a", "b"]), kind: z.literal(["x", 1, null, true]), big: z.bigint(), "x-y": z.boolean().default(true) })`,
      `z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), at: z.date() }), z.object({ kind: z.literal("b"), n: z.int(), m: z.int(), o: z.int() })])`,
      `z.templateLiteral(["u-", z.int(), "-", z.enum(["a", "b"])])`,
      `z.object({ a: z.string() }).and(z.object({ b: z.date() }))`,
      `z.object({ u: z.unknown(), a: z.string().nullish(), deep: z.object({ one: z.object({ two: z.date(), three: z.string(), four: z.int(), five: z.int() }) }) })`,
    ];
    const oneWay = [
      `z.object({ bytes: z.instanceof(Uint8Array) })`,
      `z.object({ tags: z.array(z.string()), set: z.set(z.string()), map: z.map(z.string(), z.array(z.date())), pair: z.tuple([z.string(), z.int().optional()]), rest: z.tuple([z.string()], z.date()) })`,
      `z.record(z.string(), z.object({ a: z.array(z.union([z.string(), z.null()])) }))`,
      `z.record(z.enum(["a", "b"]), z.int())`,
      `z.partialRecord(z.enum(["a", "b"]), z.int())`,
      `z.looseObject({ a: z.string() })`,
      `z.object({ a: z.string() }).catchall(z.union([z.int(), z.string()]))`,
      `z.json()`,
      `z.array(z.array(z.string().nullable()).optional())`,
      `z.object({})`,
      `z.object({ "part-one": z.array(z.object({ a: z.int(), b: z.int(), c: z.int(), d: z.array(z.object({ e: z.int() })) })) })`,
    ];
    const wrong = `z.object({ at: z.date() })`;
    const parts = [...both, ...oneWay].map((source, index) => {
      const schema = new Function("z", `return ${source}`)(z) as z.ZodType;
      const { declarations, type } = valueType(shapeOf(schema), { name: "Value", indent: 2 });
      const back = index < both.length ? `\n  export const back: Output = null! as ${type};` : "";
      return `namespace N${index} {\n  const schema = ${source};\n  type Output = z.output<typeof schema>;\n${declarations.join("\n")}\n  export const there: ${type} = null! as Output;${back}\n}`;
    });
    const program = [
      `import { z } from "zod";`,
      ...parts,
      `export const refused: { readonly at: string } = null! as z.output<ReturnType<typeof made>>;\nconst made = () => ${wrong};`,
    ].join("\n\n");

    const messages = diagnosticsOf(program);
    expect(messages).toStrictEqual([expect.stringContaining("'Date' is not assignable to type 'string'")]);
  });

  it("gives bytes and what cannot be stored a type", () => {
    expect(textOf(z.object({ raw: bytes(), odd: z.promise(z.string()) }))).toContain(
      "readonly raw: Uint8Array;\n  readonly odd: unknown;",
    );
  });
});

/** What the compiler says of a module that stands in this folder. */
function diagnosticsOf(text: string): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const path = join(here, "generated-value-types.ts");
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2023.d.ts"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023) : getSourceFile.call(host, name, ...rest);
  host.fileExists = (name) => name === path || fileExists.call(host, name);
  host.readFile = (name) => (name === path ? text : readFile.call(host, name));
  const program = ts.createProgram([path], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
