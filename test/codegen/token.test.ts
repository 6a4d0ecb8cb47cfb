import { describe, expect, test } from "vitest";
import { z } from "zod";
import { artifactsOf } from "../../src/codegen/artifacts.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import type { FamilyDeclaration } from "../../src/schema/family.js";
import { keyspace, tagScopes, token } from "../../src/schema/index.js";

const scopes = tagScopes({ session: { tag: "{session:<id>}", because: "a session and its tokens change together" } });
const untyped = token as unknown as (pattern: string, options: object) => FamilyDeclaration;

function generated(codec: string): string {
  const it = untyped(`stream:{session:<id>}:<token${codec}>`, {
    purpose: "For a test.",
    owner: "a",
    writers: ["a"],
    readers: [],
    tag: scopes.session,
    ttl: "5m",
    value: z.string(),
    current: "current:{session:<id>}",
  });
  const { manifest, problems, shapes } = buildManifest(keyspace({ name: "test", scopes, families: { it } }));
  expect(problems).toEqual([]);
  const files = {
    shapes,
    scripts: new Map(),
    schema: "s.ts",
    schemaImport: "../s.js",
    schemaHash: "",
    library: "keywright",
  };
  return artifactsOf(manifest!, files).artifacts.find(({ path }) => path === "a.ts")!.text;
}

describe("a pointer's form in generated code", () => {
  test.each([
    ["", ["abc", "é😀", "a-b_c", "a/b"], ["", "a:b", "a{b", "a b", "*"]],
    [":sha256", ["0123456789abcdef".repeat(4)], ["abc", ""]],
    [":hex", ["00ff"], ["FF", ""]],
    [":enc", ["a%2Fb", "%"], ["a/b", ""]],
    [":enum(a|b)", ["a", "b"], ["c", "a|b", "ab"]],
    [":match(/[a-z]+\\/[a-z]+/)", ["a/b"], ["ab", "a/b/c"]],
    [":rest", ["a:b", "x/y"], ["}{", ""]],
  ])("<token%s>", (codec, held, refused) => {
    const text = generated(codec);
    const [, source] = /\n {4}form: \/(.+)\/u,\n/.exec(text) ?? [];
    // As TypeScript reads it: a slash that is not escaped would end the literal.
    expect(source).not.toMatch(/(^|[^\\[\]])\/(?![^[]*\])/);
    const form = new RegExp(source as string, "u");
    for (const each of held) expect(form.test(each), each).toBe(true);
    for (const each of refused) expect(form.test(each), each).toBe(false);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: generated text holds template literals.
    expect(text).toContain('keyOf: (k, token) => `stream:{session:${str(k.id, "id")}}:${token}`,');
  });
});
