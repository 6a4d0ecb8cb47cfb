import { fieldLiteral } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";
import { versionCode } from "./version-code.js";

export const valueEmitter: KindEmitter = {
  emit(family, { type, codec, pascal }) {
    const value = type("value", pascal);
    const version = versionCode(family);
    return {
      repository: "ValueRepository",
      typeArguments: [value],
      family: `ValueFamily<${value}>`,
      plans: `ValuePlans<${value}>`,
      imports: ["ValueRepository", "type ValueFamily", "codec", ...version.imports],
      fields: [
        ["ttl", fieldLiteral("ttl", family.ttl)],
        ["overwrite", fieldLiteral("overwrite", family.settings.overwrite)],
        ["undecodable", fieldLiteral("undecodable", family.settings.undecodable)],
        ["value", codec("value")],
        ...version.fields,
      ],
    };
  },
};
