/** What may change between two manifests of a keyspace while its keys are live. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { explain } from "../../src/keyspace/explain.js";
import { brokenMoves } from "../../src/rules/breaking/moves.js";
import { findingsOf } from "../../src/rules/findings.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import type { FamilyDeclaration } from "../../src/schema/family.js";
import {
  cache,
  familyOfKey,
  keyspace,
  type Moved,
  none,
  rateLimit,
  tagScopes,
  token,
  value,
} from "../../src/schema/index.js";
import type { Manifest } from "../../src/schema/manifest.js";
import { leftOutOf, movesOfKinds, schemaHash, strategies, strategiesOf } from "../../src/schema/moves/index.js";

const said = {
  purpose: "A family of a test.",
  owner: "auth",
  writers: ["auth"],
  readers: [],
  tag: none("alone"),
} as const;
const scopes = tagScopes({ email: { tag: "{<email>}", because: "a code and its attempts change together" } });
const until = "2027-01-31";
const [before, after] = ["login_ip:<ip:ip>", "rate:auth:login:<ip:ip>"] as const;

/** Declares with any pattern, phase or move. */
const limit = (pattern: string, moved?: Partial<Moved>): FamilyDeclaration =>
  (rateLimit as unknown as (pattern: string, options: object) => FamilyDeclaration)(pattern, {
    ...said,
    limit: 10,
    window: "15m",
    algorithm: "fixed-window",
    whenDown: "deny",
    ...(moved === undefined ? {} : { moved: { from: before, until, ...moved } }),
  });

function manifestOf(families: Record<string, FamilyDeclaration>, more: object = {}): Manifest {
  const { manifest, problems } = buildManifest(keyspace({ name: "test", families, ...more }));
  expect(problems).toEqual([]);
  return manifest as Manifest;
}

const one = (family: FamilyDeclaration, more: object = {}): Manifest => manifestOf({ loginByIp: family }, more);
const told = (from: Manifest, to: Manifest): string[] =>
  brokenMoves(from, to).map(({ id, family, field }) => `${family ?? ""}.${field}: ${id}`);

const retired = {
  [before]: "moved to rate:auth:login in January 2027",
  [`{${before}}:blocked`]: "moved to rate:auth:login in January 2027",
};

describe("M1 between two manifests", () => {
  test("M1 a pattern that changes without a move is refused; with one from the old pattern, at its beginning, it is not", () => {
    expect(told(one(limit(before)), one(limit(before)))).toEqual([]);
    expect(told(one(limit(before)), one(limit(after)))).toEqual(["loginByIp.pattern: key-changed"]);
    expect(told(one(limit(before)), one(limit(after, { phase: "legacy" })))).toEqual([]);
    expect(told(one(limit(before)), one(limit(after, { phase: "both" })))).toEqual([
      "loginByIp.moved.phase: phase-skipped",
    ]);
    expect(told(one(limit(before)), one(limit(after, { phase: "legacy", from: "ip_login:<ip:ip>" })))).toEqual([
      "loginByIp.pattern: key-changed",
    ]);
  });

  test("M1 another name of the family, or of a parameter, changes no key; another tag and another codec do", () => {
    expect(told(one(limit(before)), manifestOf({ signIn: limit("login_ip:<address:ip>") }))).toEqual([]);
    expect(told(one(limit(before)), manifestOf({ signIn: limit(after, { phase: "legacy" }) }))).toEqual([]);
    expect(told(one(limit("login_ip:<ip:ip>")), one(limit("login_ip:<ip:ip(enc)>")))).toEqual([
      "loginByIp.pattern: key-changed",
    ]);
  });

  test("M1 a kind and a store do not change under live keys", () => {
    const cached = cache(before, { ...said, ttl: "1h", value: z.int() });
    const stored = value(before, { ...said, ttl: "1h", value: z.int() });
    expect(told(one(cached), one(stored))).toEqual(["loginByIp.kind: key-changed"]);
    const elsewhere = value(before, { ...said, ttl: "1h", value: z.int(), store: "other" });
    expect(told(one(stored), one(elsewhere, { stores: ["default", "other"] }))).toEqual([
      "loginByIp.store: key-changed",
    ]);
  });

  const { phases } = strategies.bounded;
  test.each(phases.flatMap((from, i) => phases.map((to, j) => [from, to, Math.abs(i - j) <= 1] as const)))(
    "M1 from the phase %s to %s: %s",
    (from, to, allowed) => {
      const found = told(one(limit(after, { phase: from })), one(limit(after, { phase: to })));
      expect(found).toEqual(allowed ? [] : ["loginByIp.moved.phase: phase-skipped"]);
    },
  );

  test("M1 a move is not removed before new, and then its old patterns are retired, companions' too", () => {
    for (const phase of ["legacy", "both"] as const) {
      expect(told(one(limit(after, { phase })), one(limit(after)))).toEqual(["loginByIp.moved: move-removed"]);
      expect(told(one(limit(after, { phase })), manifestOf({}))).toEqual(["loginByIp.moved: move-removed"]);
    }
    const over = one(limit(after, { phase: "new" }));
    const [found] = brokenMoves(over, one(limit(after)));
    expect(found?.fix).toContain(
      '"login_ip:<ip:ip>": "moved to rate:auth:login:<ip:ip>", "{login_ip:<ip:ip>}:blocked"',
    );
    expect(told(over, one(limit(after), { retired: { [before]: "moved" } }))).toEqual([
      "loginByIp.moved: move-removed",
    ]);
    expect(told(over, one(limit(after), { retired }))).toEqual([]);
  });

  test("M1 a move is given up from legacy, by taking the old pattern back", () => {
    expect(told(one(limit(after, { phase: "legacy" })), one(limit(before)))).toEqual([]);
    expect(told(one(limit(after, { phase: "both" })), one(limit(before)))).toEqual(["loginByIp.moved: move-removed"]);
  });

  test("M1 strategy and from stay while keys are on both sides, and no move begins over live keys", () => {
    const byValue = (moved?: object) =>
      one(
        (value as unknown as (pattern: string, options: object) => FamilyDeclaration)("chat:topic:<id>", {
          ...said,
          ttl: "1h",
          value: z.int(),
          ...(moved === undefined ? {} : { moved: { from: "topic:<id>", until, ...moved } }),
        }),
      );
    const other = { strategy: "handoff", phase: "legacy" };
    expect(told(byValue({ phase: "mirror" }), byValue(other))).toEqual(["loginByIp.moved.strategy: move-changed"]);
    expect(told(byValue({ phase: "legacy" }), byValue(other))).toEqual([]);
    expect(told(byValue({ phase: "mirror" }), byValue({ phase: "mirror", from: "t:<id>" }))).toEqual([
      "loginByIp.moved.from: move-changed",
    ]);
    expect(told(byValue(), byValue({ phase: "legacy" }))).toEqual(["loginByIp.moved.from: move-changed"]);
  });

  const code = (pattern: string, attempts?: string, moved?: object): FamilyDeclaration =>
    (token as unknown as (pattern: string, options: object) => FamilyDeclaration)(pattern, {
      ...said,
      tag: scopes.email,
      ttl: "10m",
      code: z.string(),
      attempts: { max: 4, ...(attempts === undefined ? {} : { pattern: attempts }) },
      ...(moved === undefined ? {} : { moved: { until, phase: "legacy", strategy: "handoff", ...moved } }),
    });

  test("M1 a move takes companions from where they are", () => {
    const was = one(code("verify:{<email>}", "tries:{<email>}"), { scopes });
    const moved = (tries?: string, more: object = {}) =>
      one(
        code("code:{<email>}", undefined, {
          from: "verify:{<email>}",
          ...(tries === undefined ? {} : { companions: { attempts: tries } }),
          ...more,
        }),
        { scopes },
      );
    const right = "tries:{<email>}";
    expect(told(was, moved(right))).toEqual([]);
    expect(told(was, moved())).toEqual(["loginByIp.moved.companions.attempts: key-changed"]);
    expect(told(was, moved("trial:{<email>}"))).toEqual(["loginByIp.moved.companions.attempts: key-changed"]);
    for (const phase of ["legacy", "follow"]) {
      expect(told(moved(right), moved(right, { phase }))).toEqual([]);
      expect(told(moved(right), moved("trial:{<email>}", { phase }))).toEqual([
        "loginByIp.moved.companions.attempts: key-changed",
      ]);
    }
  });

  test("M1 in legacy a move may go elsewhere, and begins where the live keys are", () => {
    const legacy = one(limit(after, { phase: "legacy" }));
    expect(told(legacy, one(limit("rate:other:<ip:ip>", { phase: "legacy" })))).toEqual([]);
    expect(told(legacy, one(limit("rate:other:<ip:ip>", { phase: "both" })))).toEqual([
      "loginByIp.pattern: key-changed",
    ]);
    expect(told(legacy, one(limit(after, { phase: "legacy", from: "ip:<ip:ip>" })))).toEqual([
      "loginByIp.moved.from: move-changed",
    ]);
  });

  test("M1 parameters that change places change the keys, with a move and without", () => {
    const was = one(limit("seen:<user>:<device>"));
    expect(told(was, one(limit("seen:<account>:<device>")))).toEqual([]);
    expect(told(was, one(limit("seen:<device>:<user>")))).toEqual(["loginByIp.pattern: key-changed"]);
    const moved = (from: string) => one(limit("rate:<device>:<user>", { phase: "legacy", from }));
    expect(told(was, moved("seen:<user>:<device>"))).toEqual([]);
    expect(told(was, moved("seen:<device>:<user>"))).toEqual(["loginByIp.pattern: key-changed"]);
  });

  test("M1 a retired pattern stays retired, and nobody uses it", () => {
    const was = one(limit(after), { retired });
    expect(told(was, one(limit(after)))).toEqual([
      ".retired.login_ip:<ip:ip>: retired-reused",
      ".retired.{login_ip:<ip:ip>}:blocked: retired-reused",
    ]);
    expect(told(was, manifestOf({ loginByIp: limit(after), again: limit(before) }))[0]).toBe(
      "again.pattern: retired-reused",
    );
    const used = manifestOf({ again: limit("login_ip:<ip:ip>:x".replace(":x", "")) }, { retired });
    expect(findingsOf(used)).toMatchObject([
      { id: "key-belongs-to-two", family: "again", message: expect.stringContaining("which is retired: moved to") },
      { id: "key-belongs-to-two", family: "again" },
    ]);
  });

  test("M1 of a part of the keyspace nothing is said about the families that it leaves out", () => {
    const part = { ...one(limit(before)), subset: { services: ["auth"] } };
    const whole = manifestOf({
      loginByIp: limit(before),
      other: limit(after, { phase: "both", from: "other:<ip:ip>" }),
    });
    expect(told(part, whole)).toEqual([]);
    expect(told(one(limit(before)), whole)).toEqual(["other.moved.phase: phase-skipped"]);
  });
});

test("M1 a move onto a pattern of others, or from one, is refused with the key", () => {
  const moving = limit(after, { phase: "legacy" });
  const found = (families: Record<string, FamilyDeclaration>) =>
    findingsOf(manifestOf(families)).filter(({ id }) => id === "key-belongs-to-two");
  expect(found({ loginByIp: moving })).toEqual([]);
  for (const [pattern, what] of [
    [before, "the old keys of loginByIp"],
    [after, "loginByIp"],
  ]) {
    expect(
      found({ all: limit((pattern as string).replace("<ip:ip>", "<any:rest>")), loginByIp: moving })[0],
    ).toMatchObject({
      family: "loginByIp",
      message: expect.stringMatching(`^the key "${(pattern as string).replace("<ip:ip>", "")}.*${what} `),
    });
  }
});

test("M11 a window that has ended is an error, on the day after and not before", () => {
  const manifest = one(limit(after, { phase: "both" }));
  const on = (day: string) => findingsOf(manifest, true, day).map(({ id, severity }) => `${id} ${severity}`);
  expect(on("2027-01-31")).toEqual([]);
  expect(on("2027-02-01")).toEqual(["move-expired error"]);
  expect(on("2026-01-31")).toEqual([]);
  expect(on("2026-01-30")).toEqual(["move-long warning"]);
});

test("B7 while the window lasts, an old key is the family's, flagged legacy; its marks and companions too", () => {
  const manifest = one(limit(after, { phase: "both" }));
  const legacy = { to: after, strategy: "bounded", phase: "both", until };
  for (const [key, companion, flagged] of [
    ["rate:auth:login:10.0.0.1", null, false],
    ["{rate:auth:login:10.0.0.1}:blocked", "blocked", false],
    ["{rate:auth:login:10.0.0.1}:moved", "moved", false],
    ["login_ip:10.0.0.1", null, true],
    ["{login_ip:10.0.0.1}:blocked", "blocked", true],
    ["{login_ip:10.0.0.1}:moved", "moved", true],
  ] as const) {
    expect([key, explain(manifest, key)]).toMatchObject([
      key,
      { family: "loginByIp", companion, parameters: { ip: "10.0.0.1" }, legacy: flagged ? legacy : null },
    ]);
  }
  expect(familyOfKey(manifest, "pre:login_ip:10.0.0.1", { prefix: "pre:" })?.legacy?.from).toBe(before);
  expect(familyOfKey(manifest, "{pre:login_ip:10.0.0.1}:blocked", { prefix: "pre:" })?.legacy?.from).toBe(before);
});

test("B7 when the window is over, an old key belongs to nobody, and the reason is told", () => {
  expect(explain(one(limit(after), { retired }), "login_ip:10.0.0.1")).toMatchObject({
    family: null,
    retired: { pattern: before, because: retired[before] },
  });
});

test("the schema of a fleet is one whatever the phase, and another with another limit", () => {
  const hash = (phase: Moved["phase"], pattern = after) => schemaHash(one(limit(pattern, { phase })));
  expect(hash("legacy")).toBe(hash("both"));
  expect(hash("legacy")).not.toBe(hash("legacy", "rate:auth:in:<ip:ip>" as typeof after));
  const written = { generated: "x", hash: "y", ...one(limit(after, { phase: "new" })) };
  expect(schemaHash(JSON.parse(JSON.stringify(written)) as Manifest)).toBe(hash("both"));
});

test("codes, tokens with a pointer and lists without a backfill move by handoff alone", () => {
  expect(strategiesOf("token", { form: "value", current: null })).toEqual(["consume", "handoff"]);
  expect(strategiesOf("token", { form: "code" })).toEqual(["handoff"]);
  expect(strategiesOf("token", { form: "value", current: { pattern: "p" } })).toEqual(["handoff"]);
  expect(strategiesOf("cappedList", { history: "recent" })).toEqual(["handoff"]);
  expect(strategiesOf("cappedList", { history: "whole" })).toEqual(["rebuildable", "handoff"]);
  expect(strategiesOf("lock")).toEqual([]);
  for (const [kind, moves] of Object.entries(movesOfKinds)) {
    for (const strategy of strategiesOf(kind)) {
      const uses = moves[strategy];
      for (const member of leftOutOf(kind, strategy)) expect(uses).not.toHaveProperty(member);
    }
  }
});
