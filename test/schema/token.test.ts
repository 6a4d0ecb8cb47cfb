import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import type { FamilyDeclaration } from "../../src/schema/family.js";
import { keyspace, none, tagScopes, token } from "../../src/schema/index.js";

const scopes = tagScopes({
  session: { tag: "{session:<sessionId>}", because: "a session and its tokens change together" },
  email: { tag: "{email:<email:sha256(email)>}", because: "a code and its attempts change together" },
});
const said = { purpose: "For a test.", owner: "identity", writers: ["identity"], readers: [] };

const stream = {
  ...said,
  tag: scopes.session,
  ttl: "5m",
  value: z.object({ userId: z.string() }),
  current: "stream:current:{session:<sessionId>}",
};
const code = {
  ...said,
  tag: scopes.email,
  ttl: "10m",
  code: z.string(),
  attempts: { max: 5, pattern: "auth:code_attempts:{email:<email:sha256(email)>}:<scene>" },
  cooldown: { for: "60s", pattern: "auth:last_send:{email:<email:sha256(email)>}:<scene>" },
};

const untyped = token as unknown as (pattern: string, options: object) => FamilyDeclaration;
const built = (pattern: string, options: object) =>
  buildManifest(keyspace({ name: "test", scopes, families: { it: untyped(pattern, options) } }));
const streams = (more: object, pattern = "stream:token:{session:<sessionId>}:<token:sha256>") =>
  built(pattern, { ...stream, ...more });
const codes = (more: object, pattern = "auth:code:{email:<email:sha256(email)>}:<scene>") =>
  built(pattern, { ...code, ...more });
const found = ({ problems }: ReturnType<typeof built>) => problems.map(({ id, field }) => `${id} ${field}`);

describe("token", () => {
  test("a pointer is a companion that lives as long as the token, and holds the parameter that it lacks", () => {
    const { manifest, problems } = streams({});
    expect(problems).toEqual([]);
    expect(manifest?.families[0]).toMatchObject({
      redisType: "STRING",
      tier: "R1",
      settings: { form: "value", current: { pattern: stream.current, token: "token" } },
      companions: [
        { name: "current", pattern: stream.current, redisType: "STRING", ttl: { kind: "fixed", ms: 300_000 } },
      ],
    });
    expect(streams({ current: undefined }).manifest?.families[0]?.companions).toEqual([]);
  });

  test("A7 attempts and cooldown are companions, under the live keys' patterns or behind the family's", () => {
    const { manifest, problems } = codes({});
    expect(problems).toEqual([]);
    expect(manifest?.families[0]?.companions).toMatchObject([
      { name: "attempts", pattern: code.attempts.pattern, ttl: { kind: "fixed", ms: 600_000 } },
      { name: "cooldown", pattern: code.cooldown.pattern, ttl: { kind: "fixed", ms: 60_000 } },
    ]);
    expect(manifest?.families[0]?.settings).toMatchObject({
      attempts: { max: 5, ttl: 600_000, pattern: code.attempts.pattern },
      cooldown: { for: 60_000, pattern: code.cooldown.pattern },
    });
    const plain = codes({ attempts: { max: 3, ttl: "1h" }, cooldown: undefined }).manifest?.families[0];
    expect(plain?.companions).toMatchObject([
      { pattern: "auth:code:{email:<email:sha256(email)>}:<scene>:attempts", ttl: { kind: "fixed", ms: 3_600_000 } },
    ]);
    const alone = codes({ tag: none("alone"), attempts: { max: 3 }, cooldown: { for: "1m" } }, "code:<subject>");
    expect(alone.manifest?.families[0]?.companions.map(({ pattern }) => pattern)).toEqual([
      "{code:<subject>}:attempts",
      "{code:<subject>}:cooldown",
    ]);
  });

  test("failures are remembered for as long as a code can live, whoever chooses it", () => {
    const ttlOf = (ttl: object) =>
      codes({ ttl, attempts: { max: 3 }, cooldown: undefined }).manifest?.families[0]?.companions[0]?.ttl;
    expect(ttlOf({ upTo: "1h" })).toEqual({ kind: "fixed", ms: 3_600_000 });
    expect(ttlOf({ config: "codeTtl", default: "5m", max: "2h" })).toEqual({ kind: "fixed", ms: 7_200_000 });
  });

  test.each([
    [{ ttl: { sliding: "5m" } }, "unsupported-ttl ttl"],
    [{ ttl: { persist: "for ever" } }, "unsupported-ttl ttl"],
    [{ ttl: { fixed: "5m", jitter: "1m" } }, "unsupported-ttl ttl"],
    [{ value: undefined }, "missing-value value"],
    [{ value: z.string().nullable() }, "nullable-value value"],
    [{ attempts: { max: 3 } }, "unsupported-option attempts"],
    [{ cooldown: { for: "1m" } }, "unsupported-option cooldown"],
    [{ current: 5 }, "invalid-companion current"],
    [{ current: "stream:current" }, "companion-tag current"],
    [{ current: "stream:current:{<sessionId>}" }, "companion-tag current"],
    [{ current: "stream:current:{session:<sessionId>}:<token:sha256>" }, "companion-parameters current"],
    [{ current: "stream:current:{session:<sessionId>}:<other>" }, "companion-parameters current"],
    [{ current: "stream:{" }, "unclosed-tag current"],
  ])("refuses of a token %j", (more, problem) => {
    expect(found(streams(more))).toEqual([problem]);
  });

  test("refuses a pointer without a tag, and a token that is no parameter", () => {
    const untagged = { tag: none("alone") };
    expect(found(streams(untagged, "stream:<sessionId>:<token:sha256>"))).toEqual(["companion-tag current"]);
    expect(found(streams({ ...untagged, current: undefined }, "stream:token"))).toEqual(["no-token pattern"]);
  });

  test.each([
    [{ value: z.string() }, "token-form code"],
    [{ code: "123456" }, "missing-value code"],
    [{ wire: "string" }, "unsupported-option wire"],
    [{ current: "x" }, "unsupported-option current"],
    [{ attempts: undefined }, "missing-attempts attempts"],
    [{ attempts: { max: 0 } }, "invalid-attempts attempts.max"],
    [{ attempts: { max: 1.5 } }, "invalid-attempts attempts.max"],
    [{ attempts: { max: 3, ttl: "1m" } }, "invalid-attempts attempts.ttl"],
    [{ attempts: { max: 3, ttl: "soon" } }, "duration attempts.ttl"],
    [{ attempts: { max: 3, most: 4 } }, "unknown-option attempts.most"],
    [{ attempts: { max: 3, pattern: "auth:attempts:<email>:<scene>" } }, "companion-tag attempts.pattern"],
    [
      { attempts: { max: 3, pattern: "attempts:{email:<email:sha256(email)>}" } },
      "companion-parameters attempts.pattern",
    ],
    [{ cooldown: { for: "now" } }, "duration cooldown.for"],
    [{ cooldown: "60s" }, "duration cooldown"],
    [{ cooldown: { for: "60s", pattern: "last:{session:<sessionId>}:<scene>" } }, "companion-tag cooldown.pattern"],
  ])("refuses of a code %j", (more, problem) => {
    expect(found(codes(more))).toEqual([problem]);
  });
});
