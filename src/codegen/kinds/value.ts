import { fieldLiteral } from "../literal.js";
import { type KindEmitter, perCall } from "./kind-emitter.js";

export const valueEmitter: KindEmitter = {
  emit(family, { type, codec, pascal }) {
    const types = [type("value", pascal), ...perCall(family.ttl)];
    return {
      repository: "ValueRepository",
      typeArguments: types,
      family: `ValueFamily<${types[0]}>`,
      plans: `ValuePlans<${types.join(", ")}>`,
      imports: ["ValueRepository", "type ValueFamily", "codec"],
      fields: [
        ["ttl", fieldLiteral("ttl", family.ttl)],
        ["overwrite", fieldLiteral("overwrite", family.settings.overwrite)],
        ["undecodable", fieldLiteral("undecodable", family.settings.undecodable)],
        ["value", codec("value")],
      ],
    };
  },
};
