/** The key inventory: what the committed manifest says, beside what Redis holds. */
import { readFile } from "node:fs/promises";
import Table from "cli-table3";
import { type Manifest, matchKey, type Pattern, parsePattern, scanPattern } from "keywright/schema";
import { expect } from "../../shared/expecting.js";
import { briefly, colors, count, heading, line, result, story, width } from "../../shared/printing.js";
import type { Client } from "./world.js";

type Ttl = Manifest["families"][number]["ttl"];

/** A pattern of the manifest, a family's own or that of a companion beside it. */
export interface Entry {
  readonly domain: string;
  readonly pattern: Pattern;
  readonly kind: string;
  readonly redisType: string;
  readonly ttl: Ttl;
  readonly owner: string;
}

export interface LiveKey {
  readonly key: string;
  readonly type: string;
  /** Milliseconds left, -1 where it never expires. */
  readonly pttl: number;
}

export interface Row extends Entry {
  readonly keys: readonly LiveKey[];
}

export interface Inventory {
  readonly rows: readonly Row[];
  /** Keys that no family has declared. */
  readonly unknown: readonly string[];
  readonly withoutTtl: readonly string[];
  readonly wrongType: readonly string[];
}

export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(new URL("../generated/redis/manifest.json", import.meta.url), "utf8"));
}

export function entriesOf(manifest: Manifest): Entry[] {
  return manifest.families.flatMap((family) => {
    const { domain, kind, owner } = family;
    return [
      { domain, kind, owner, pattern: read(family.pattern), redisType: family.redisType, ttl: family.ttl },
      ...family.companions.map(({ pattern, redisType, ttl }) => ({
        ...{ domain, kind: "beside", owner },
        ...{ pattern: read(pattern), redisType, ttl },
      })),
    ];
  });
}

function read(text: string): Pattern {
  return parsePattern(text).pattern;
}

/** Reads only: SCAN, TYPE, PTTL. */
export async function takeInventory(client: Client, entries: readonly Entry[]): Promise<Inventory> {
  const rows = await Promise.all(
    entries.map(async (entry) => ({ ...entry, keys: await keysOf(client, entry.pattern) })),
  );
  const known = new Set(rows.flatMap(({ keys }) => keys.map(({ key }) => key)));
  const all = await scan(client, "*");
  return {
    rows,
    unknown: all.filter((key) => !known.has(key)),
    withoutTtl: rows.flatMap(({ keys, ttl }) =>
      ttl.kind === "persist" ? [] : keys.filter(({ pttl }) => pttl === -1).map(({ key }) => key),
    ),
    wrongType: rows.flatMap(({ keys, redisType }) =>
      keys.filter(({ type }) => type.toUpperCase() !== redisType).map(({ key }) => key),
    ),
  };
}

/** The glob may find keys of other families too; the pattern itself tells them apart. */
async function keysOf(client: Client, pattern: Pattern): Promise<LiveKey[]> {
  const keys = (await scan(client, scanPattern(pattern))).filter((key) => matchKey(pattern, key) !== undefined);
  return Promise.all(
    keys.map(async (key) => {
      const [type, pttl] = await Promise.all([client.type(key), client.pTTL(key)]);
      return { key, type, pttl };
    }),
  );
}

async function scan(client: Client, glob: string): Promise<string[]> {
  const keys = new Set<string>();
  for await (const page of client.scanIterator({ MATCH: glob, COUNT: 1000 })) for (const key of page) keys.add(key);
  return [...keys];
}

/** Prints the inventory, and fails where it is not clean. */
export function inventory(taken: Inventory): void {
  const { rows, unknown, withoutTtl, wrongType } = taken;
  heading("9 Inventory: every key that is in Redis now");
  story("Read from generated/redis/manifest.json, counted with SCAN, TYPE and PTTL.");
  line();
  for (const row of tableOf(rows).split("\n")) line(`  ${row}`.trimEnd());
  line();

  const families = rows.filter(({ kind }) => kind !== "beside");
  const beside = rows.filter(({ kind, keys }) => kind === "beside" && keys.length === 0);
  expect("keys that no family has declared", unknown, []);
  expect("keys that lack their TTL", withoutTtl, []);
  expect("keys of another type than declared", wrongType, []);
  const total = rows.reduce((sum, { keys }) => sum + keys.length, 0);
  const used = families.filter(({ keys }) => keys.length > 0).length;
  result(
    `${count(total)} keys of ${used} families: ${unknown.length} unknown, ${withoutTtl.length} lack their TTL, ` +
      `${wrongType.length} of a wrong type.`,
  );
  for (const { pattern, ttl, keys } of families) {
    if (ttl.kind === "persist" && keys.length > 0) result(`${pattern.text} has no TTL, as declared: ${ttl.because}.`);
  }
  if (beside.length > 0) result(`${beside.length} patterns beside families (blocks, tokens of fills) have no key now.`);
}

function tableOf(rows: readonly Row[]): string {
  const narrow = width < 110;
  const gap = narrow ? " " : "  ";
  const none = Object.fromEntries(
    ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
      .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid"])
      .map((place) => [place, ""]),
  );
  const table = new Table({
    chars: { ...none, middle: gap },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: ["left", "left", "right", "right", "right", "left"],
  });
  const bold = (texts: readonly string[]) => texts.map((text) => colors.bold(text));
  table.push(bold(["pattern", narrow ? "kind" : "kind, type", "keys", "TTL now", "TTL", "owner"]));
  for (const domain of [...new Set(rows.map((row) => row.domain))].sort()) {
    table.push([{ content: `\n${colors.cyan(domain)}`, colSpan: 6 }]);
    const inDomain = rows.filter((row) => row.domain === domain && (row.kind !== "beside" || row.keys.length > 0));
    for (const row of inDomain.sort((a, b) => (a.pattern.text < b.pattern.text ? -1 : 1))) {
      table.push([
        narrow ? withoutCodecs(row.pattern) : row.pattern.text,
        narrow ? row.kind : `${row.kind}, ${row.redisType}`,
        count(row.keys.length),
        colors.green(liveTtl(row.keys)),
        declaredTtl(row.ttl),
        row.owner,
      ]);
    }
  }
  return table.toString();
}

/** `login_ip:<ip>` for `login_ip:<ip:ip>` */
function withoutCodecs(pattern: Pattern): string {
  return pattern.segments
    .map((segment) => ("literal" in segment ? segment.literal : `<${segment.parameter.name}>`))
    .join("");
}

function liveTtl(keys: readonly LiveKey[]): string {
  if (keys.length === 0) return "–";
  const left = keys.map(({ pttl }) => pttl);
  const [least, most] = [briefly(Math.min(...left)), briefly(Math.max(...left))];
  return least === most ? most : `${least}–${most}`;
}

function declaredTtl(ttl: Ttl): string {
  switch (ttl.kind) {
    case "fixed":
    case "sliding":
      return briefly(ttl.ms);
    case "upTo":
      return `≤${briefly(ttl.ms)}`;
    case "config":
      return briefly(ttl.default);
    case "persist":
      return "none";
  }
}
