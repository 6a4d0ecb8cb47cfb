/** Step 3: what is left in the Cluster, held against the committed manifest. */
import { readFile } from "node:fs/promises";
import { keySlot } from "keywright";
import { type Manifest, matchKey, parsePattern } from "keywright/schema";
import { expect } from "../../shared/expecting.js";
import { briefly, cut, heading, line, quote, result } from "../../shared/printing.js";
import { mara } from "./verification.js";
import { primariesOf, type World } from "./world.js";

export async function keys({ client }: World, secrets: readonly string[]): Promise<void> {
  heading("3 Every key that is in the Cluster now");
  const manifest: Manifest = JSON.parse(
    await readFile(new URL("../generated/redis/manifest.json", import.meta.url), "utf8"),
  );
  const patterns = manifest.families
    .flatMap(({ pattern, companions }) => [pattern, ...companions.map((companion) => companion.pattern)])
    .map((text) => parsePattern(text).pattern);
  const found: { key: string; pttl: number; value: string }[] = [];
  for (const { client: node } of await primariesOf(client)) {
    for await (const page of node.scanIterator({ COUNT: 1000 })) {
      for (const key of page) {
        found.push({ key, pttl: await node.pTTL(key), value: String(await node.get(key)) });
      }
    }
  }
  line();
  for (const { key, pttl } of found) quote(`slot ${keySlot(key)}, ${briefly(pttl)} left: ${cut(key, 68)}`);
  const undeclared = found.filter(({ key }) => !patterns.some((pattern) => matchKey(pattern, key) !== undefined));
  expect("keys that no family has declared", undeclared, []);
  expect(
    "keys that lack their TTL",
    found.filter(({ pttl }) => pttl < 0),
    [],
  );
  const told = [mara, mara.toLowerCase(), ...secrets];
  const leaks = found.filter(({ key, value }) => told.some((text) => key.includes(text) || value.includes(text)));
  expect("keys that show an address or a token", leaks, []);
  result(
    `${found.length} keys, all declared, all with a TTL; none shows an address or one of ${secrets.length} tokens.`,
  );
}
