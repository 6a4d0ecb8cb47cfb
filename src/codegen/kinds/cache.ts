import { fieldLiteral } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";
import { versionCode } from "./version-code.js";

export const cacheEmitter: KindEmitter = {
  emit(family, { type, codec, pascal }) {
    const { settings, ttl } = family;
    const version = versionCode(family);
    const value = type("value", pascal);
    const negative = settings.negative !== null;
    return {
      repository: "CacheRepository",
      // The last says that a fetch may come to null, whatever its loader returns.
      typeArguments: negative ? [value, "null"] : [value],
      family: `CacheFamily<${value}>`,
      plans: `CachePlans<${value}>`,
      imports: ["CacheRepository", "type CacheFamily", "codec", ...version.imports],
      fields: [
        ["ttl", fieldLiteral("ttl", ttl)],
        ...(negative ? [["negative", fieldLiteral("negative", settings.negative)] as const] : []),
        ["loader", fieldLiteral("loader", settings.loader)],
        ["value", codec("value")],
        ...version.fields,
      ],
    };
  },
};
