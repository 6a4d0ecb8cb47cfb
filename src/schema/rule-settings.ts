/**
 * What a team sets of the lint: its approved scopes, its prefixes, its TTL maxima. The rules read it from the manifest.
 *
 * @module
 */
import type { Duration } from "./ttl.js";

/** Settings of the lint; rules whose setting is left out are silent, and TTL maxima are then generous. */
export interface RuleSettings {
  /** True: a key is named `domain:purpose:id`, two words at least. */
  readonly naming?: boolean;
  /** The first words that keys of a kind may have, by kind, e.g. `{ lock: ["lock"], rateLimit: ["rate"] }`. */
  readonly functions?: Readonly<Record<string, readonly string[]>>;
  /** What the keys of an owner's families begin with, e.g. `{ auth: ["session:auth:", "rate:auth:"] }`; no other owner has keys. */
  readonly prefixes?: Readonly<Record<string, readonly string[]>>;
  /** The names of the approved tag scopes. */
  readonly scopes?: readonly string[];
  /** The longest TTL by kind, and by what a key begins with. The longest prefix counts; of kind and prefix the lesser. */
  readonly maxTtl?: {
    readonly kinds?: Readonly<Record<string, Duration>>;
    readonly prefixes?: Readonly<Record<string, Duration>>;
  };
  /** True: a family without a TTL needs an `allow` beside its reason. */
  readonly ttlRequired?: boolean;
  /** True: texts in values have a maximum length. */
  readonly boundedTexts?: boolean;
  /** Names of parameters that hold personal data, beside the known ones such as email and phone. */
  readonly personalData?: readonly string[];
}

/** The names of those settings. */
export const ruleSettings = [
  "naming",
  "functions",
  "prefixes",
  "scopes",
  "maxTtl",
  "ttlRequired",
  "boundedTexts",
  "personalData",
] as const satisfies readonly (keyof RuleSettings)[];

/**
 * A written-down set of Redis practices: names that begin with their function, a prefix list per service, short TTLs, locks
 * of 30 s at most. Use it as it is, or put your own lists over its own:
 *
 * ```ts
 * keyspace({ …, rules: { ...practices, prefixes: { auth: ["session:auth:"] } } })
 * ```
 */
export const practices = {
  naming: true,
  functions: {
    cache: ["cache"],
    leader: ["lock"],
    lock: ["lock"],
    queue: ["queue"],
    rateLimit: ["rate"],
    semaphore: ["lock"],
    session: ["session"],
    token: ["session"],
  },
  prefixes: {
    auth: ["session:auth:", "rate:auth:"],
    broadcast: ["lock:broadcast:"],
    notification: ["queue:notification:"],
    user: ["cache:user:", "cache:referral:"],
  },
  maxTtl: {
    kinds: { leader: "30s", lock: "30s", rateLimit: "1m", semaphore: "30s" },
    prefixes: { "cache:referral:": "6h", "cache:user:": "1h", "lock:": "30s", "rate:": "1m", "session:auth:": "24h" },
  },
  ttlRequired: true,
} as const satisfies RuleSettings;
