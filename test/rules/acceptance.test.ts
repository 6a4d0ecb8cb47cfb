/** What the rules and the keyspace's settings hold, by the rows of the acceptance ledger. */
import { fold, foldedTags } from "keywright";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { findingsOf } from "../../src/rules/findings.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import type { FamilyDeclaration } from "../../src/schema/family.js";
import {
  counter,
  keyspace,
  none,
  practices,
  type RuleSettings,
  rateLimit,
  type ScriptOptions,
  script,
  session,
  tagScopes,
  value,
} from "../../src/schema/index.js";
import type { ManifestFamily } from "../../src/schema/manifest.js";
import { formatKey, ParameterProblem, parsePattern } from "../../src/schema/patterns/index.js";

const said = {
  purpose: "A family of a test.",
  owner: "user",
  writers: ["user"],
  readers: [],
  tag: none("each key stands alone"),
} as const;
const text = { ...said, ttl: "1h", value: z.object({ id: z.uuid() }) } as const;

const scopesOfScripts = tagScopes({ room: { tag: "{<roomId>}", because: "a room changes together" } });

/** Declares what the types would refuse, as a JavaScript user can. */
const untyped = { value, counter } as unknown as Record<
  string,
  (pattern: string, options: object) => FamilyDeclaration
>;

/** Ids of everything that is told about a keyspace, with the family or the field. */
function told(families: Record<string, FamilyDeclaration>, more: object = {}): string[] {
  const { sound, manifest, problems } = buildManifest(keyspace({ name: "test", families, ...more }));
  return [...problems, ...findingsOf(sound, manifest !== undefined)].map(
    ({ id, family, field }) => `${family ?? field}: ${id}`,
  );
}

/** Only what a rule finds, with the settings in force. */
function foundBy(rule: string, families: Record<string, FamilyDeclaration>, rules: RuleSettings = practices): string[] {
  return told(families, { rules }).flatMap((each) =>
    each.endsWith(`: ${rule}`) ? [each.split(":")[0] as string] : [],
  );
}

describe("tags", () => {
  const because = "changes together";
  const scopes = tagScopes({
    tenant: { tag: "{tenant:<tenant>}", because },
    user: { tag: "{user:<userId>}", because },
  });
  const families = {
    a: value("tenant:plan:{tenant:<tenant>}", { ...text, tag: scopes.tenant }),
    b: value("tenant:seat:{tenant:<tenant>}:<seat>", { ...text, tag: scopes.tenant }),
    c: value("user:note:{user:<userId>}:<note>", { ...text, tag: scopes.user }),
  };

  test("A2 a scope that is not approved, and one that is not declared, are errors; all approved ones pass", () => {
    expect(told(families, { scopes, rules: { scopes: ["tenant", "user"] } })).toEqual([]);
    expect(told(families, { scopes, rules: { scopes: ["user"] } })).toEqual(["scopes.tenant: scope-unapproved"]);
    const undeclared = told(families, { scopes: { user: scopes.user } });
    expect(undeclared).toEqual(expect.arrayContaining(["a: unknown-scope", "b: unknown-scope"]));
  });

  test("A2 a tag has its scope and its value: what is nothing is {tenant:unknown} by the fold, and refused without it", () => {
    const { pattern } = parsePattern("tenant:plan:{tenant:<tenant>}");
    expect(formatKey(pattern, { tenant: fold("") })).toBe("tenant:plan:{tenant:unknown}");
    expect(formatKey(pattern, { tenant: fold(" Acme Inc. ") })).toBe("tenant:plan:{tenant:acme-inc.}");
    expect(() => formatKey(pattern, { tenant: "" })).toThrow(ParameterProblem);
  });

  test("A2 the tag of a scope and a value, for keys that other programs made; an undeclared scope compiles nowhere", () => {
    const tag = foldedTags(["tenant", "user"]);
    expect(tag("tenant", "")).toBe("{tenant:unknown}");
    expect(tag("user", " Tenant:Workspace 1 ")).toBe("{user:tenant:workspace-1}");
    // @ts-expect-error not among the approved scopes
    expect(() => tag("project", "1")).toThrow('"project" is no approved scope of a tag: use one of tenant, user');
  });

  test("A20 a family that may meet others in one call names an approved tag, or records why it has none", () => {
    expect(told({ thing: untyped.value!("user:note:<id>", { ...text, tag: undefined }) })).toEqual([
      "thing: missing-tag",
    ]);
    expect(told({ thing: untyped.value!("user:note:<id>", { ...text, tag: none("") }) })).toEqual([
      "thing: undocumented",
    ]);
    expect(told({ thing: untyped.value!("user:note:{<id>}", text) })).toEqual(["thing: tag-mismatch"]);
    expect(told({ thing: value("user:note:<id>", text) })).toEqual([]);
    const { manifest } = buildManifest(keyspace({ name: "test", families, scopes }));
    expect(manifest?.scopes.map(({ name, because: why }) => [name, why])).toEqual([
      ["tenant", because],
      ["user", because],
    ]);
  });
});

describe("scripts", () => {
  const posts = counter("chat:posts:{<roomId>}", { ...said, tag: scopesOfScripts.room, ttl: "1h" });
  const likes = counter("chat:likes:{<roomId>}", { ...said, tag: scopesOfScripts.room, ttl: "1h" });
  const ran = (text: string, keys: ScriptOptions["keys"] = { posts: { write: posts } }, allow?: object) => {
    const run = script("run.lua", { purpose: "For a test.", keys, ...(allow && { allow: allow as never }) });
    const { sound, problems } = buildManifest(
      keyspace({ name: "test", scopes: scopesOfScripts, families: { likes, posts }, scripts: { run } }),
      () => text,
    );
    return [...problems, ...findingsOf(sound, true)].map(({ id, family }) => `${family}: ${id}`);
  };

  test("A16 a key that is built, or beyond KEYS, is an error; so is a header that Redis would not hold it by", () => {
    expect(ran("#!lua\nreturn redis.call('INCR', KEYS[1])")).toEqual([]);
    for (const key of ["ARGV[1]", "'chat:posts:{1}'", "KEYS[1] .. ':more'", "KEYS[2]"]) {
      expect(ran(`#!lua\nlocal key = ${key}\nreturn redis.call('INCR', key)`)).toEqual(["run: script-undeclared-key"]);
    }
    expect(ran("return redis.call('INCR', KEYS[1])")).toEqual(["run: script-header"]);
    expect(ran("#!lua flags=allow-cross-slot-keys\nreturn 1")).toEqual(["run: script-header"]);
  });

  test.each(["KEYS", "FLUSHALL", "FLUSHDB", "SCAN", "CONFIG", "config"])(
    "B15 a script that calls %s is an error",
    (name) => {
      expect(ran(`#!lua\nreturn redis.call('${name}', ARGV[1])`)).toEqual(["run: script-banned-command"]);
    },
  );

  test("what is written is declared with write, and an allow with its reason excuses one rule", () => {
    const text = "#!lua\nredis.call('INCR', KEYS[1])\nreturn redis.call('DEL', KEYS[2])";
    const keys = { posts: { write: posts }, likes: { read: likes } };
    expect(ran(text, keys)).toEqual(["run: script-writes-read"]);
    expect(ran(text, keys, { "script-writes-read": "a cache" })).toEqual([]);
    expect(
      ran("#!lua flags=no-writes\nfor i = 1, 1 do redis.call('DEL', KEYS[i]) end", { likes: { read: likes } }),
    ).toEqual(["run: script-writes-read"]);
    expect(ran("#!lua\nreturn redis.call('INCR', KEYS[1])", undefined, { "script-writes-read": "a cache" })).toEqual([
      "run: unused-allow",
    ]);
  });
});

describe("documentation", () => {
  test.each(["purpose", "owner", "writers", "readers", "tag", "ttl"] as const)(
    "B1 a family without its %s generates nothing",
    (field) => {
      const { manifest, problems } = buildManifest(
        keyspace({ name: "test", families: { thing: untyped.value!("a:<id>", { ...text, [field]: undefined }) } }),
      );
      expect(manifest).toBeUndefined();
      expect(problems).toMatchObject([{ family: "thing", field }]);
    },
  );

  test("B1 the manifest holds pattern, owner, readers, writers, type, TTL, purpose and notes of each", () => {
    const { manifest } = buildManifest(
      keyspace({
        name: "test",
        families: { thing: value("a:<id>", { ...text, readers: ["web"], notes: "see the wiki" }) },
      }),
    );
    expect(manifest?.families[0]).toMatchObject({
      pattern: "a:<id>",
      owner: "user",
      readers: ["web"],
      writers: ["user"],
      redisType: "STRING",
      ttl: { kind: "fixed", ms: 3_600_000 },
      purpose: "A family of a test.",
      notes: "see the wiki",
    } satisfies Partial<ManifestFamily>);
  });

  test("B2 a tier sets the deadline and the retries of its calls, and a kind that cannot be rebuilt refuses those that may be lost", () => {
    const families = Object.fromEntries(
      (["R0", "R1", "R2", "R3", "R4"] as const).map((tier) => [
        tier.toLowerCase(),
        value(`${tier.toLowerCase()}:<id>`, { ...text, tier, undecodable: "miss" }),
      ]),
    );
    const { manifest } = buildManifest(keyspace({ name: "test", families }));
    const profiles = manifest?.families.map(({ deadline, retries }) => `${deadline} ms, ${retries}`);
    expect(profiles).toEqual(["500 ms, 0", "500 ms, 1", "1000 ms, 1", "1500 ms, 2", "2000 ms, 2"]);
    const own = value("own:<id>", { ...text, tier: "R1", deadline: "300ms", retries: 0 });
    const ofOwn = buildManifest(keyspace({ name: "test", families: { own } })).manifest?.families;
    expect(ofOwn).toMatchObject([{ tier: "R1", deadline: 300, retries: 0 }]);
    const lost = session("session:<token>", { ...text, tier: "R4" });
    expect(told({ lost })).toEqual(["lost: tier-against-kind"]);
  });
});

describe("the preset practices", () => {
  test("B11 lower case, colons, domain:purpose:id, and the function in front", () => {
    const named = (pattern: string) => told({ thing: untyped.value!(pattern, text) }, { rules: { naming: true } });
    expect(named("Cache_User:<id>")).toEqual(expect.arrayContaining(["thing: naming-case", "thing: naming-parts"]));
    expect(named("cacheUser:data:<id>")).toEqual(["thing: naming-case"]);
    expect(named("cache:user-<id>")).toContain("thing: naming-separator");
    expect(named("profile:<id>")).toEqual(["thing: naming-parts"]);
    expect(named("cache:user:<id>:profile")).toEqual([]);
    const limit = { ...said, limit: 5, window: "1m", algorithm: "gcra", whenDown: "deny" } as const;
    const prefixed = {
      login: rateLimit("auth:login:<id>", limit),
      right: rateLimit("rate:auth:<id>", limit),
    };
    expect(foundBy("function-prefix", prefixed)).toEqual(["login"]);
  });

  test("B14 a family outside of its owner's prefixes is an error, and so is an owner without any", () => {
    const families = {
      profile: value("cache:user:<id>", text),
      referral: value("cache:referral:<code>", text),
      session: value("session:auth:<id>", { ...text, owner: "auth", writers: ["auth"] }),
      lock: value("lock:broadcast:<id>", { ...text, ttl: "30s", owner: "broadcast", writers: ["broadcast"] }),
      queue: value("queue:notification:<id>", { ...text, owner: "notification", writers: ["notification"] }),
      limit: value("rate:auth:<id>", { ...text, ttl: "1m", owner: "auth", writers: ["auth"] }),
    };
    expect(told(families, { rules: practices })).toEqual([]);
    const outside = {
      stolen: value("session:auth:<id>", text),
      stranger: value("cache:mail:<id>", { ...text, owner: "mail", writers: ["mail"] }),
      beginning: value("cache:users:<id>", text),
    };
    expect(foundBy("service-prefix", outside)).toEqual(["beginning", "stolen", "stranger"]);
    const own = { ...practices, prefixes: { mail: ["cache:mail:"] } };
    expect(foundBy("service-prefix", { stranger: outside.stranger }, own)).toEqual([]);
  });

  test.each([
    ["lock:broadcast:<id>", "30s", "31s"],
    ["rate:auth:<id>", "1m", "61s"],
    ["session:auth:<id>", "24h", "25h"],
    ["cache:user:<id>", "1h", "61m"],
    ["cache:referral:<id>", "6h", "7h"],
  ] as const)("C4 %s lives for at most %s, and a family above says why", (pattern, most, more) => {
    const with_ = (ttl: object | string, allow?: object) =>
      foundBy("ttl-maximum", { thing: untyped.value!(pattern, { ...text, ttl, ...(allow && { allow }) }) });
    expect(with_(most)).toEqual([]);
    expect(with_(more)).toEqual(["thing"]);
    expect(with_({ upTo: more })).toEqual(["thing"]);
    expect(with_({ config: "thingTtl", default: most, max: more })).toEqual(["thing"]);
    expect(with_({ sliding: more })).toEqual(["thing"]);
    expect(with_(more, { "ttl-maximum": "agreed with security" })).toEqual([]);
  });

  test("C4 the longest prefix counts, of kind and prefix the lesser, and companions have the same maximum", () => {
    const limit = { ...said, limit: 5, window: "1m", algorithm: "fixed-window", whenDown: "deny" } as const;
    const steps = [{ violations: 3, block: "1h" }] as const;
    const maxTtl = { kinds: { rateLimit: "1m" }, prefixes: { "cache:": "1h", "cache:slow:": "24h" } } as const;
    const families = {
      quick: value("cache:a:<id>", { ...text, ttl: "2h" }),
      slow: value("cache:slow:<id>", { ...text, ttl: "24h" }),
      limit: rateLimit("cache:limit:<id>", { ...limit, window: "2m" }),
      ladder: rateLimit("cache:ladder:<id>", { ...limit, ladder: { remember: "2m", steps } }),
    };
    expect(foundBy("ttl-maximum", families, { maxTtl })).toEqual(["ladder", "limit", "quick"]);
  });

  test("C4 keys without a TTL need an allow beside their reason", () => {
    const count = counter("stats:count:<id>", { ...said, ttl: { persist: "counted for ever" } });
    expect(foundBy("ttl-required", { count })).toEqual(["count"]);
    expect(foundBy("ttl-required", { count }, {})).toEqual([]);
  });
});

describe("allow", () => {
  const long = { ...text, ttl: "400d" } as const;
  const allow = { "ttl-maximum": "as long as the contract" };

  test("excuses one rule in one family, or in the whole keyspace, and nothing else", () => {
    const families = { one: value("a:<id>", { ...long, allow }), other: value("b:<id>", long) };
    expect(told(families)).toEqual(["other: ttl-maximum"]);
    expect(told({ other: value("b:<id>", long) }, { allow })).toEqual([]);
  });

  test("is part of the manifest, and cannot excuse a proof", () => {
    const proof = { "key-belongs-to-two": "we know" };
    const families = { all: value("a:<rest:rest>", text), one: value("a:<id:int>", { ...text, allow: proof }) };
    expect(told(families)).toEqual(["one: key-belongs-to-two", "one: unknown-allow"]);
    const { manifest } = buildManifest(keyspace({ name: "test", allow, families: {} }));
    expect(manifest?.rules.allow).toEqual(allow);
  });
});
