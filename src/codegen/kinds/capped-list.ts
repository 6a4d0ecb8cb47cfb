import { fieldLiteral } from "../literal.js";
import type { KindEmitter } from "./kind-emitter.js";

export const cappedListEmitter: KindEmitter = {
  emit(family, { type, codec, pascal }) {
    const item = type("item", `${pascal}Item`);
    const history = JSON.stringify(family.settings.history);
    const settings = ["cap", "history", "order", "undecodable", "fill"].filter(
      (name) => family.settings[name] !== null,
    );
    return {
      repository: "CappedListRepository",
      typeArguments: [item, history],
      family: `CappedListFamily<${item}, ${history}>`,
      plans: `CappedListPlans<${item}>`,
      imports: ["CappedListRepository", "type CappedListFamily", "codec"],
      fields: [
        ["ttl", fieldLiteral("ttl", family.ttl)],
        ...settings.map((name) => [name, fieldLiteral(name, family.settings[name])] as const),
        ["item", codec("item")],
      ],
    };
  },
};
