/**
 * The families that are moved, from an untagged pattern to a tagged one: strings by the strategy `value`, counters and lists by
 * `handoff`.
 *
 * @module
 */
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { cappedList, counter, keyspace, tagScopes, value } from "../../src/schema/index.js";
import type { Manifest } from "../../src/schema/manifest.js";

const scopes = tagScopes({ user: { tag: "{<id:int>}", because: "what is of one user changes together" } });
const about = { owner: "bench", writers: ["bench"], readers: [], tag: scopes.user, ttl: "24h" } as const;
const until = "2099-12-31";

const declared = keyspace({
  name: "bench",
  scopes,
  families: {
    text: value("text:{<id:int>}", {
      ...about,
      purpose: "Strings.",
      value: z.string().max(1000),
      moved: { from: "oldtext:<id:int>", phase: "mirror", until },
    }),
    hits: counter("hits:{<id:int>}", {
      ...about,
      purpose: "Counters.",
      moved: { from: "oldhits:<id:int>", phase: "promote", until },
    }),
    lines: cappedList("lines:{<id:int>}", {
      ...about,
      purpose: "Lists.",
      history: "recent",
      item: z.string().max(1000),
      cap: 100,
      moved: { from: "oldlines:<id:int>", phase: "promote", until },
    }),
  },
});

export const familyNames = ["text", "hits", "lines"] as const;
export type FamilyName = (typeof familyNames)[number];

/** Of four keys, two are strings. */
export const shares: Readonly<Record<FamilyName, number>> = { text: 0.5, hits: 0.25, lines: 0.25 };

export function manifestOfBench(): Manifest {
  const { manifest, problems } = buildManifest(declared);
  if (manifest === undefined) throw new Error(JSON.stringify(problems));
  return manifest;
}

const payload = "x".repeat(280);

/** What writes an old key, and its TTL. */
export function seedOf(family: FamilyName, prefix: string, id: number): string[][] {
  const key = `${prefix}old${family}:${id}`;
  const ttl = String(24 * 3600_000);
  if (family === "text") return [["SET", key, `${payload}${id}`, "PX", ttl]];
  if (family === "hits") return [["SET", key, String(id), "PX", ttl]];
  return [
    ["RPUSH", key, ...Array.from({ length: 10 }, (_, i) => `line ${i} of ${id}`)],
    ["PEXPIRE", key, ttl],
  ];
}
