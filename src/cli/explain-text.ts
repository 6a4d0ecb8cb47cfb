/**
 * An explained key on a terminal.
 *
 * @module
 */

import type { DecodeCost } from "../keyspace/decode-cost.js";
import type { Explained, Unknown } from "../keyspace/explain.js";
import { describeRetries } from "../schema/profile.js";
import { formatDuration } from "../schema/ttl.js";
import { colors } from "./colors.js";
import { prose } from "./output.js";

const margin = " ".repeat(13);

/** `183 bytes, read in 2.1 µs here` */
function costText({ bytes, nanoseconds }: DecodeCost): string {
  if (bytes === null) return "no sample can be made up";
  const time =
    nanoseconds === null ? "which the schema no longer reads" : `read in ${(nanoseconds / 1000).toFixed(1)} µs here`;
  return `${bytes} bytes, ${time}`;
}

export function explainedText(
  explained: Explained & { readonly costs?: readonly DecodeCost[] },
  stream: NodeJS.WriteStream,
): string {
  const {
    key,
    family,
    companion,
    kind,
    legacy,
    tier,
    store,
    scope,
    tag,
    slot,
    parameters,
    prefix,
    prefixName,
    shared,
  } = explained;
  const values = Object.entries(parameters).map(([name, value]) => `${name} = ${value}`);
  const rows: readonly (readonly [string, string])[] = [
    ["family", companion === null ? `${family} (${kind})` : `${family} (${kind}), its companion ${companion}`],
    ["purpose", explained.purpose],
    ["pattern", explained.pattern],
    [
      "legacy",
      legacy === null
        ? ""
        : `an old key: moves to ${legacy.to} by ${legacy.strategy}, phase ${legacy.phase}, until ${legacy.until}`,
    ],
    ["prefix", prefix === "" ? "" : `${prefix}${prefixName === null ? "" : ` (${prefixName})`}`],
    ["shared", shared ?? ""],
    ["parameters", values.join(", ") || "none"],
    ["slot", `${slot}${tag === null ? "" : `, of the tag {${tag}}${scope === null ? "" : ` (scope ${scope})`}`}`],
    ["type", explained.type],
    ["TTL", explained.ttl],
    ["wire", explained.wires.join(", ")],
    ["sample", (explained.costs ?? []).map((cost) => `${cost.field}: ${costText(cost)}`).join("; ")],
    ["owner", explained.owner],
    ["writers", explained.writers.join(", ")],
    ["readers", explained.readers.join(", ") || "none but the writers"],
    ["tier", store === "default" ? tier : `${tier}, in the store ${store}`],
    ["stale reads", explained.staleReads ?? ""],
    ["deadline", `${formatDuration(explained.deadline)}, ${describeRetries(explained.retries)}, ${explained.whenDown}`],
  ];
  const lines = rows
    .filter(([, text]) => text !== "")
    .map(([name, text]) => `  ${colors.dim(name.padEnd(11))}${prose(text, margin, stream).trimStart()}`);
  return `${colors.bold(key)}\n${lines.join("\n")}\n`;
}

export function unknownText(
  { key, slot, prefixed, writtenBy, retired, nearest, end }: Unknown,
  stream: NodeJS.WriteStream,
): string {
  if (writtenBy !== null) {
    const what = `belongs to no family: ${writtenBy} ${end} (slot ${slot}).`;
    return prose(`${colors.bold(key)} ${what}`, "", stream);
  }
  if (retired !== null) {
    const what = `belongs to no family any more: ${retired.pattern} is retired, ${retired.because} (slot ${slot}).`;
    return prose(`${colors.red("retired")} ${colors.bold(key)} ${what}`, "", stream);
  }
  const what = prefixed ? "belongs to no family of the manifest" : "does not begin with the prefix";
  const lines = [prose(`${colors.red("unknown")} ${colors.bold(key)} ${what} (slot ${slot}).`, "", stream)];
  if (nearest.length > 0) lines.push("  The nearest:");
  for (const { family, companion, pattern, why } of nearest) {
    const name = companion === null ? family : `companion ${companion} of ${family}`;
    lines.push(`    ${pattern}  ${colors.dim(name)}`);
    if (why !== null) lines.push(prose(why, "      ", stream));
  }
  return lines.join("\n");
}
