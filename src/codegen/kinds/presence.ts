import { fieldLiteral } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";

export const presenceEmitter: KindEmitter = {
  emit({ settings, ttl }, { type, codec, pascal }) {
    const common = [
      ["ttl", fieldLiteral("ttl", ttl)],
      ["heartbeat", fieldLiteral("heartbeat", settings.heartbeat)],
      ["grace", fieldLiteral("grace", settings.grace)],
    ] as const;
    if (settings.places !== true) {
      return {
        repository: "SubjectPresenceRepository",
        typeArguments: [],
        family: "SubjectPresenceFamily",
        plans: "SubjectPresencePlans",
        imports: ["SubjectPresenceRepository", "type SubjectPresenceFamily"],
        fields: common,
      };
    }
    const member = type("member", `${pascal}Member`);
    return {
      repository: "PresenceRepository",
      typeArguments: [member],
      family: `PresenceFamily<${member}>`,
      plans: `PresencePlans<${member}>`,
      imports: ["PresenceRepository", "type PresenceFamily", "codec"],
      fields: [...common, ["devices", fieldLiteral("devices", settings.devices)], ["member", codec("member")]],
    };
  },
};
