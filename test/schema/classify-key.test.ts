import fc from "fast-check";
import { counter, familyOfKey, keyspace, none, presence, rateLimit, session, tagScopes, value } from "keywright/schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { companionKey } from "../../src/schema/companion.js";
import type { Manifest } from "../../src/schema/manifest.js";
import { formatKey, ParameterProblem, parsePattern } from "../../src/schema/patterns/index.js";
import { anyText, canonicalValues } from "./patterns/arbitrary.js";

const documented = { purpose: "For a test.", owner: "chat", writers: ["chat"], readers: [] } as const;
const apart = { ...documented, tag: none("for a test") } as const;
const scopes = tagScopes({ room: { tag: "{<roomId>}", because: "for a test" } });
const limit = { limit: 5, window: "1h", algorithm: "gcra", whenDown: "deny" } as const;
const ladder = { remember: "1h", steps: [{ violations: 3, block: "5m" }] } as const;

/** One family a codec, and families with companions of every sort. */
const byCodec = Object.fromEntries(
  Object.keys(canonicalValues).map((codec, i) => [
    `codec${i}`,
    // biome-ignore lint/suspicious/noExplicitAny: the pattern is made here, so no type can be held against it.
    (counter as any)(`c${i}:<p:${codec}>`, { ...apart, ttl: "1h" }),
  ]),
);
const built = buildManifest(
  keyspace({
    name: "test",
    scopes,
    families: {
      ...byCodec,
      topic: value("chat:topic:{<roomId>}", { ...documented, tag: scopes.room, ttl: "1h", value: z.string() }),
      here: presence("chat:here:{<roomId>}:<n:int>", { ...documented, tag: scopes.room, ttl: "1h", heartbeat: "20s" }),
      posts: rateLimit("posts:{<roomId>}", { ...documented, tag: scopes.room, ...limit, ladder }),
      login: rateLimit("login:<user:enc>|<ip:ip>", { ...apart, ...limit, ladder }),
      web: session("web:<token:hex>", {
        ...apart,
        ttl: { sliding: "30m", max: "24h" },
        value: z.object({ userId: z.uuid() }),
        ownedBy: (s) => s.userId,
        owners: "web:owner:<userId:uuid>",
      }),
    },
  }),
);
const manifest = built.manifest as Manifest;

/** Hostile values and canonical ones, for any parameter. */
const hostile = fc.oneof(
  anyText,
  fc.integer(),
  ...Object.values(canonicalValues),
  fc.constantFrom(null, undefined, "a:b", "{a}", "*", "\0", "blocked", "x:blocked", "violations"),
);
const prefixes = fc.constantFrom("", "preview:3f2a:", "a:", "a:b:", "web:", "login:");

describe("from a key to its family", () => {
  test("the keyspace of these tests has no mistakes", () => {
    expect(built.problems).toEqual([]);
  });

  test.each(manifest.families.map((family) => [family.name, family] as const))(
    "every family parses its own keys, companions included: %s",
    (_, family) => {
      const { pattern } = parsePattern(family.pattern);
      const values = fc.record(Object.fromEntries(pattern.parameters.map(({ name }) => [name, hostile])));
      const own = fc.record(
        Object.fromEntries(
          pattern.parameters.map(({ name, codec }) => {
            const usage = codec.argument === undefined ? codec.name : `${codec.name}(${codec.argument})`;
            return [name, (canonicalValues[usage] ?? hostile) as fc.Arbitrary<unknown>];
          }),
        ),
      );
      let accepted = 0;
      fc.assert(
        fc.property(fc.oneof(values, own), prefixes, (parameters, prefix) => {
          let key: string;
          try {
            key = prefix + formatKey(pattern, parameters);
          } catch (problem) {
            if (!(problem instanceof ParameterProblem)) throw problem;
            return;
          }
          accepted += 1;
          const encoded = Object.fromEntries(
            pattern.parameters.map(({ name, codec }) => [name, codec.encode(parameters[name])]),
          );
          expect(familyOfKey(manifest, key, { prefix })).toEqual({
            family,
            companion: undefined,
            parameters: encoded,
            prefix,
          });
          for (const companion of family.companions) {
            if (companion.name === "owners") continue;
            const beside = companionKey(key, "scope" in family.tag, companion.name);
            expect(familyOfKey(manifest, beside, { prefix })).toEqual({
              family,
              companion,
              parameters: encoded,
              prefix,
            });
          }
        }),
        { numRuns: 400 },
      );
      expect(accepted).toBeGreaterThan(20);
    },
  );

  test("an index in a slot of its own is its family's", () => {
    const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
    expect(familyOfKey(manifest, `x:web:owner:${userId}`, { prefix: "x:" })).toMatchObject({
      family: { name: "web" },
      companion: { name: "owners" },
      parameters: { userId },
    });
  });

  test("a key of nobody, of another prefix, or that only looks like ours has no family", () => {
    expect(familyOfKey(manifest, "chat:topic:{1}:more")).toBeUndefined();
    expect(familyOfKey(manifest, "a:chat:topic:{1}")).toBeUndefined();
    expect(familyOfKey(manifest, "a:chat:topic:{1}", { prefix: "b:" })).toBeUndefined();
    expect(familyOfKey(manifest, "chat:topic:{1}", { prefix: "a:" })).toBeUndefined();
    expect(familyOfKey(manifest, "web:0xg")).toBeUndefined();
    // The companion's name is made from the final key, so the prefix stands in the brace and nowhere else.
    expect(familyOfKey(manifest, "a:{login:x|1.2.3.4}:blocked", { prefix: "a:" })).toBeUndefined();
    expect(familyOfKey(manifest, "{a:login:x|1.2.3.4}:blocked", { prefix: "a:" })?.companion?.name).toBe("blocked");
  });

  test("any text at all is answered, and its owner's parameters give it back", () => {
    fc.assert(
      fc.property(anyText, (key) => {
        const owner = familyOfKey(manifest, key);
        if (owner === undefined) return;
        const { pattern } = parsePattern(owner.companion?.pattern ?? owner.family.pattern);
        const text = pattern.segments
          .map((segment) => ("literal" in segment ? segment.literal : owner.parameters[segment.parameter.name]))
          .join("");
        expect(text).toBe(key);
      }),
    );
  });
});
