import { literal } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";

export const presenceEmitter: KindEmitter = {
  emit({ settings, ttl }, { type, codec, pascal }) {
    const common = [
      ["ttl", literal(ttl)],
      ["heartbeat", literal(settings.heartbeat)],
      ["grace", literal(settings.grace)],
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
      fields: [...common, ["devices", literal(settings.devices)], ["member", codec("member")]],
    };
  },
};
