/**
 * What the commands of `keywright migrate` print.
 *
 * @module
 */
import type { Cleaned } from "../migration/cleanup.js";
import type { Filled } from "../migration/fill.js";
import type { HeldGate } from "../migration/gates.js";
import type { Verified } from "../migration/verify.js";
import { colors } from "./colors.js";
import { prose } from "./output.js";

const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;

const notEnded = "  ended before its end: run it again\n";

export function filledText(family: string, execute: boolean, filled: Filled): string {
  const { places, outcomes, failed, failure, ended } = filled;
  if (!execute) {
    return `${family}: ${count(places, "place")} to fill\n${ended ? "  dry run: --execute fills them\n" : notEnded}`;
  }
  const words: Readonly<Record<string, string>> = {
    copied: "brought over",
    same: "there already",
    absent: "gone on the old side",
    newer: "newer on the new side",
  };
  const lines = Object.entries(outcomes).map(
    ([outcome, n]) => `  ${n.toLocaleString("en-US").padStart(12)} ${words[outcome]}`,
  );
  if (failed > 0)
    lines.push(`  ${colors.red(failed.toLocaleString("en-US").padStart(12))} failed, the first: ${failure ?? ""}`);
  return `${family}: ${count(places, "place")} filled\n${lines.join("\n")}\n${ended ? "" : notEnded}`;
}

export function verifiedText(family: string, { places, differences, total, samples, ended }: Verified): string {
  const head = total === 0 ? colors.green("no difference") : colors.red(count(total, "difference"));
  const kinds = Object.entries(differences).filter(([, n]) => n > 0);
  const lines = kinds.map(([kind, n]) => `  ${n.toLocaleString("en-US").padStart(12)} ${kind}`);
  for (const { kind, old, new: fresh } of samples) lines.push(`  ${kind.padEnd(15)} ${old} → ${fresh}`);
  if (samples.length < total) lines.push(`  and ${count(total - samples.length, "more", "more")}`);
  return `${family}: ${count(places, "place")} compared, ${head}\n${lines.join("\n")}${lines.length > 0 ? "\n" : ""}${ended ? "" : notEnded}`;
}

export function cleanedText(name: string, execute: boolean, { keys, byPattern, ended }: Cleaned): string {
  const lines = Object.entries(byPattern).map(
    ([pattern, n]) => `  ${n.toLocaleString("en-US").padStart(12)} ${pattern}`,
  );
  const what = execute ? "unlinked" : "to unlink";
  return `${name}: ${count(keys, "key")} ${what}\n${lines.join("\n")}\n${ended ? "" : notEnded}`;
}

/** One line a gate. */
export function gatesText(gates: readonly HeldGate[], stream: NodeJS.WriteStream): string {
  return gates
    .map(({ gate, open, because }) => {
      const mark = open ? colors.green("✓") : colors.red("✗");
      return `  ${mark} ${gate.padEnd(16)}${prose(because, " ".repeat(20), stream).trimStart()}`;
    })
    .join("\n");
}
