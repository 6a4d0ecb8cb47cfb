import { fieldLiteral } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";

export const counterEmitter: KindEmitter = {
  emit(family) {
    return {
      repository: "CounterRepository",
      typeArguments: [],
      family: "CounterFamily",
      plans: "CounterPlans",
      imports: ["CounterRepository", "type CounterFamily"],
      fields: [["ttl", fieldLiteral("ttl", family.ttl)]],
    };
  },
};
