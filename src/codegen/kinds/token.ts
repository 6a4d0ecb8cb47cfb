import type { Json } from "../../schema/kinds/kind.js";
import type { Pointer } from "../../schema/kinds/token-companions.js";
import type { ManifestFamily } from "../../schema/manifest.js";
import { type Parameter, type Pattern, parsePattern } from "../../schema/patterns/index.js";
import { encodedOf, keyTemplate } from "../key-template.js";
import { fieldLiteral, literal } from "../literal.js";
import { type EmitterContext, type KindCode, type KindEmitter, perCall } from "./kind-emitter.js";
import { versionCode } from "./version-code.js";

const read = (text: string): Pattern => parsePattern(text).pattern;

/** The encoded texts of a parameter, as a regular expression; RegExp escapes what a literal must not hold. */
function formOf({ codec }: Parameter): string {
  return `/${new RegExp(`^(?:${codec.language})$`, "u").source}/u`;
}

/** How the live token of a scope is found: the pointer's key, what it holds, and the key of what it holds. */
function currentOf(family: ManifestFamily, { pattern, token }: Pointer): string {
  const own = read(family.pattern);
  const parameter = own.parameters.find(({ name }) => name === token)!;
  const held = keyTemplate(own, (each) => (each === parameter ? "token" : encodedOf(each)));
  return [
    "{",
    `    pattern: ${literal(pattern)},`,
    `    key: (k) => ${keyTemplate(read(pattern), encodedOf)},`,
    `    token: (k) => ${encodedOf(parameter)},`,
    `    keyOf: (k, token) => ${held},`,
    `    form: ${formOf(parameter)},`,
    "  }",
  ].join("\n");
}

/** A companion's settings; its key function where the schema names its pattern. */
function companionOf(settings: Json): string {
  if (settings === null) return "undefined";
  const { pattern, ...rest } = settings as { readonly pattern: string | null; readonly [name: string]: Json };
  const plain = literal(rest);
  if (pattern === null) return plain;
  return [
    "{",
    ...Object.entries(rest).map(([name, value]) => `    ${name}: ${literal(value)},`),
    `    key: (k) => ${keyTemplate(read(pattern), encodedOf)},`,
    "  }",
  ].join("\n");
}

function valueToken(family: ManifestFamily, { type, codec, pascal }: EmitterContext): KindCode {
  const value = type("value", pascal);
  const version = versionCode(family);
  const pointer = family.settings.current as Pointer | null;
  const types = [value, ...(pointer === null ? [] : [literal(pointer.token)])];
  const ttl = perCall(family.ttl);
  const current = pointer === null && ttl.length > 0 ? ["never"] : [];
  return {
    repository: "TokenRepository",
    typeArguments: [...types, ...current, ...ttl],
    family: `TokenFamily<${[`${pascal}Key`, ...types].join(", ")}>`,
    plans: `TokenPlans<${[value, ...ttl].join(", ")}>`,
    imports: ["TokenRepository", "type TokenFamily", "codec", ...version.imports],
    fields: [
      ["ttl", fieldLiteral("ttl", family.ttl)],
      ["current", pointer === null ? "undefined" : currentOf(family, pointer)],
      ["value", codec("value")],
      ...version.fields,
    ],
  };
}

function code(family: ManifestFamily, { type, codec, pascal }: EmitterContext): KindCode {
  const text = type("code", `${pascal}Code`);
  const types = [text, ...perCall(family.ttl)];
  return {
    repository: "CodeRepository",
    typeArguments: types,
    family: `CodeFamily<${pascal}Key, ${text}>`,
    plans: `CodePlans<${types.join(", ")}>`,
    imports: ["CodeRepository", "type CodeFamily", "codec"],
    fields: [
      ["ttl", fieldLiteral("ttl", family.ttl)],
      ["attempts", companionOf(family.settings.attempts!)],
      ["cooldown", companionOf(family.settings.cooldown!)],
      ["code", codec("code")],
    ],
  };
}

export const tokenEmitter: KindEmitter = {
  emit(family, context) {
    return family.settings.form === "code" ? code(family, context) : valueToken(family, context);
  },
};
