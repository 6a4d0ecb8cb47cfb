import { fieldLiteral } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";

export const geoIndexEmitter: KindEmitter = {
  emit({ settings, ttl }, { type, codec, pascal }) {
    const member = type("member", `${pascal}Member`);
    return {
      repository: "GeoIndexRepository",
      typeArguments: [member],
      family: `GeoIndexFamily<${member}>`,
      plans: `GeoIndexPlans<${member}>`,
      imports: ["GeoIndexRepository", "type GeoIndexFamily", "codec"],
      fields: [
        ["ttl", fieldLiteral("ttl", ttl)],
        ["expires", fieldLiteral("expires", settings.expires)],
        ["member", codec("member")],
      ],
    };
  },
};
