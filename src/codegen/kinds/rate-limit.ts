import { fieldLiteral } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";

export const rateLimitEmitter: KindEmitter = {
  emit({ settings }) {
    return {
      repository: "RateLimitRepository",
      typeArguments: [],
      family: "RateLimitFamily",
      plans: "RateLimitPlans",
      imports: ["RateLimitRepository", "type RateLimitFamily"],
      fields: ["limit", "window", "algorithm", "burst", "limitPerCall", "ladder"].map((name) => [
        name,
        fieldLiteral(name, settings[name]),
      ]),
    };
  },
};
