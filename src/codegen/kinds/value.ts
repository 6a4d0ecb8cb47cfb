import { fieldLiteral } from "../literal.js";
import { type KindEmitter, perCall } from "./kind-emitter.js";
import { versionCode } from "./version-code.js";

export const valueEmitter: KindEmitter = {
  emit(family, { type, codec, pascal }) {
    const types = [type("value", pascal), ...perCall(family.ttl)];
    const version = versionCode(family);
    return {
      repository: "ValueRepository",
      typeArguments: types,
      family: `ValueFamily<${types[0]}>`,
      plans: `ValuePlans<${types.join(", ")}>`,
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
