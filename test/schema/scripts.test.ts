import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { counter, keyspace, none, type ScriptOptions, script, tagScopes } from "../../src/schema/index.js";

const scopes = tagScopes({
  room: { tag: "{<roomId>}", because: "for a test" },
  user: { tag: "{<userId>}", because: "for a test" },
});
const documented = { purpose: "For a test.", owner: "chat", writers: ["chat"], readers: [], ttl: "1h" } as const;
const a = counter("a:{<roomId>}", { ...documented, tag: scopes.room });
const b = counter("b:{<roomId>}:<day:date>", { ...documented, tag: scopes.room });
const ofUser = counter("c:{<userId>}", { ...documented, tag: scopes.user });
const alone = counter("d:<id>", { ...documented, tag: none("for a test") });
const families = { a, alone, b, ofUser };

function build(options: Partial<ScriptOptions>, source = "#!lua\nreturn 1", name = "run") {
  const scripts = { [name]: script("run.lua", { purpose: "For a test.", keys: { k: { write: a } }, ...options }) };
  return buildManifest(keyspace({ name: "test", scopes, families, scripts }), () => source);
}

describe("a script of a schema", () => {
  test("is in the manifest with its keys, parameters, arguments and SHA-1", () => {
    const { manifest, problems } = build({
      keys: { one: { write: a }, two: { read: b } },
      args: { name: z.string(), n: z.int(), x: z.number(), on: z.boolean(), of: z.enum(["p", "q"]) },
      returns: z.int().nullable(),
    });
    expect(problems).toEqual([]);
    expect(manifest?.scripts).toMatchObject([
      {
        name: "run",
        scope: "room",
        keys: [
          { name: "one", family: "a", access: "write" },
          { name: "two", family: "b", access: "read" },
        ],
        parameters: [
          { name: "roomId", codec: "str" },
          { name: "day", codec: "date" },
        ],
        args: [{ wire: "string" }, { wire: "int" }, { wire: "float" }, { wire: "boolean01" }, { wire: "string" }],
        returns: { wire: "int", nullable: true },
        sha1: expect.stringMatching(/^[0-9a-f]{40}$/),
      },
    ]);
    expect(build({ keys: { k: { read: alone } } }, "#!lua flags=no-writes\nreturn 1").problems).toEqual([]);
  });

  test.each<[string, Partial<ScriptOptions>, (string | undefined)?, string?]>([
    ["script-header", {}, "return 1"],
    ["script-header", {}, "#!lua flags=allow-cross-slot-keys\nreturn 1"],
    ["script-header", {}, "#!lua name=x\nreturn 1"],
    ["script-header", {}, "#!lua flags=no-writes\nreturn 1"],
    ["script-header", { keys: { k: { read: a } } }, "#!lua\nreturn 1"],
    ["script-keys", { keys: { one: { write: a }, two: { write: ofUser } } }],
    ["script-keys", { keys: { one: { write: a }, two: { read: alone } } }],
    ["script-keys", { keys: { one: { write: a }, two: { read: a } } }],
    ["script-keys", { keys: {} }],
    ["script-keys", { keys: { one: {} as never } }],
    ["script-keys", { keys: { one: { write: { kind: "counter" } as never } } }],
    ["script-value", { args: { at: z.date() } }],
    ["script-value", { args: { n: z.int().nullable() } }],
    ["script-value", { returns: z.object({}) }],
    ["script-value", { args: { n: 5 as never } }],
    ["invalid-name", { args: { "a-b": z.int() } }],
    ["invalid-name", { args: { ["__proto__"]: z.int() } }],
    ["undocumented", { purpose: " " }],
    ["duration", { deadline: "soon" }],
    ["invalid-name", {}, undefined, "room"],
    ["invalid-name", {}, undefined, "alone"],
    ["invalid-name", {}, undefined, "Run"],
    ["unknown-option", { argz: {} } as never],
  ])("%s: %j %j", (id, options, source, name) => {
    const { problems, manifest } = build(options, source, name);
    expect(problems.map((problem) => problem.id)).toEqual([id]);
    expect(problems[0]).toMatchObject({ at: { file: expect.stringContaining("scripts.test.ts") } });
    expect(manifest).toBeUndefined();
  });

  test("a file that cannot be read is told", () => {
    const scripts = { run: script("nope.lua", { purpose: "For a test.", keys: { k: { write: a } } }) };
    const built = buildManifest(keyspace({ name: "test", scopes, families, scripts }), () => {
      throw Object.assign(new Error("no"), { code: "ENOENT" });
    });
    expect(built.problems).toMatchObject([{ id: "script-file", family: "run", field: "file" }]);
  });
});
