import { parsePattern } from "../../schema/patterns/index.js";
import { keyTemplate } from "../key-template.js";
import { fieldLiteral, literal } from "../literal.js";
import type { KindEmitter, LiteralField } from "./kind-emitter.js";
import { versionCode } from "./version-code.js";

/** How the owner's index is found: its pattern, its key function, and the schema's `ownedBy`. */
function ownersOf(name: string, pattern: string): { text: string; type: string; calls: string } {
  const parsed = parsePattern(pattern).pattern;
  const { type, calls } = parsed.parameters[0]!.codec;
  const text = [
    "{",
    `    pattern: ${literal(pattern)},`,
    `    key: (owner) => ${keyTemplate(parsed, ({ codec }) => codec.emit("owner"))},`,
    `    of: ownedBy(keyspace.families.${name}),`,
    "  }",
  ].join("\n");
  return { text, type, calls };
}

export const sessionEmitter: KindEmitter = {
  emit(family, { type, codec, pascal }) {
    const { name, settings, ttl } = family;
    const value = type("value", pascal);
    const owners = typeof settings.owners === "string" ? ownersOf(name, settings.owners) : undefined;
    const types = owners === undefined ? [value] : [value, owners.type];
    const ownersField: LiteralField = ["owners", owners?.text ?? "undefined"];
    const version = versionCode(family);
    return {
      repository: "SessionRepository",
      typeArguments: types,
      family: `SessionFamily<${types.join(", ")}>`,
      plans: `SessionPlans<${types.join(", ")}>`,
      imports: [
        "SessionRepository",
        "type SessionFamily",
        "codec",
        ...(owners === undefined ? [] : ["ownedBy", owners.calls]),
        ...version.imports,
      ],
      fields: [["ttl", fieldLiteral("ttl", ttl)], ownersField, ["value", codec("value")], ...version.fields],
    };
  },
};
