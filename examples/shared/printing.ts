/** How the demo looks on a terminal; plain text with NO_COLOR and where the output is no terminal. */
import { createHash } from "node:crypto";
import pc from "picocolors";
import type { Measured, SentCommand } from "./measuring.js";

const { stdout, env } = process;
const terminal = stdout.isTTY === true;

export const colors = pc.createColors(pc.isColorSupported && (terminal || env.FORCE_COLOR !== undefined));
/** Columns. Text that is wider than this tires the eye. */
export const width = Math.max(60, Math.min(stdout.columns ?? 100, 130));
const textWidth = Math.min(width, 100);

export function line(text = ""): void {
  stdout.write(`${text}\n`);
}

/** A step of the scenario. */
export function heading(text: string): void {
  line();
  line(`${colors.bold(text)} ${colors.dim("─".repeat(Math.max(0, textWidth - text.length - 1)))}`);
}

/** What happens, in plain words. */
export function story(text: string): void {
  line();
  for (const row of wrap(text, textWidth - 2)) line(`  ${row}`);
}

/** What came of it; printed only after it was checked. */
export function result(text: string): void {
  const [first, ...rest] = wrap(text, textWidth - 4);
  line(`  ${colors.green("✓")} ${first}`);
  for (const row of rest) line(`    ${row}`);
}

/** Something in its own words: a header, an error. */
export function quote(text: string): void {
  for (const row of wrap(text, textWidth - 6)) line(`      ${colors.yellow(row)}`);
}

/** A line of TypeScript. */
export function code(text: string): void {
  const [statement, comment] = text.split(/(?= {2}\/\/)/);
  line(`    ${statement}${colors.dim(comment ?? "")}`);
}

/** What Redis was sent: how often, how long it took, and an example of each command. */
export function commands({ sent, ms }: Measured<unknown>, examples = 3): void {
  if (sent.length === 0) {
    line(`    ${colors.dim("0 commands sent")}`);
    return;
  }
  for (const row of wrap(`${countsOf(sent)} in ${milliseconds(ms)}`, textWidth - 4)) line(`    ${colors.dim(row)}`);
  for (const command of examplesOf(sent).slice(0, examples)) {
    const [name, ...words] = shown(command);
    const text = cut([name, ...words].join(" "), width - 8);
    line(`      ${colors.dim("›")} ${colors.cyan(text.slice(0, name?.length))}${text.slice(name?.length)}`);
    if (command.inside.length === 0) continue;
    const inside = command.inside.map(([name]) => name?.toUpperCase()).join(", ");
    line(`        ${colors.dim(cut(`one script: ${inside}`, width - 8))}`);
  }
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : count(Math.round(ms))} ms`;
}

/** A declared length of time in words: "15 minutes", "24 hours". */
export function inWords(ms: number): string {
  if (ms > 86_400_000 && ms % 86_400_000 === 0) return `${ms / 86_400_000} days`;
  return ms > 3_600_000 ? `${ms / 3_600_000} hours` : `${ms / 60_000} minutes`;
}

/** The two largest units: `2m58s`, `23h59m`, `30d`; one day is `24h`. */
export function briefly(ms: number): string {
  if (ms < 0) return "never";
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const;
  const seconds = Math.ceil(ms / 1000);
  const at = seconds === 86_400 ? 1 : units.findIndex(([, size]) => seconds >= size || size === 1);
  const [unit, size] = units[at] as (typeof units)[number];
  const [nextUnit, nextSize] = units[at + 1] ?? [unit, 1];
  const [whole, rest] = [Math.floor(seconds / size), Math.floor((seconds % size) / nextSize)];
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${nextUnit}`;
}

/** "1,000 × SET, 16 × MGET of up to 64 keys" */
function countsOf(sent: readonly SentCommand[]): string {
  const byName = new Map<string, SentCommand[]>();
  for (const command of sent) {
    const name = command.args[0]?.toUpperCase() ?? "";
    byName.set(name, [...(byName.get(name) ?? []), command]);
  }
  return Array.from(byName, ([name, all]) => {
    const keys = Math.max(...all.map(({ args }) => args.length - 1));
    const many = (name === "MGET" || name === "EXISTS" || name === "DEL") && keys > 1;
    if (name === "EVAL") return `${count(all.length)} × EVAL (a script's first use)`;
    return `${count(all.length)} × ${name}${many ? ` of ${all.length > 1 ? "up to " : ""}${count(keys)} keys` : ""}`;
  }).join(", ");
}

/** The first command of each name; of a script that which ran. The whole text of a script is none. */
function examplesOf(sent: readonly SentCommand[]): SentCommand[] {
  const chosen = new Map<string, SentCommand>();
  for (const command of sent) {
    const name = command.args[0]?.toUpperCase() ?? "";
    const kind = name === "EVALSHA" || name === "EVAL" ? keyOfScript(command) : name;
    const before = chosen.get(kind);
    if (before === undefined || (before.inside.length === 0 && command.inside.length > 0)) chosen.set(kind, command);
  }
  return [...chosen.values()];
}

/** One script on keys of one family is one kind of command, whether it is sent by its text or its SHA-1. */
function keyOfScript({ args }: SentCommand): string {
  const [name = "", script = "", , key = ""] = args;
  const sha = name.toUpperCase() === "EVAL" ? createHash("sha1").update(script).digest("hex") : script;
  return `script ${sha} ${key.split(":")[0]}`;
}

function shown({ args }: SentCommand): string[] {
  const name = args[0]?.toUpperCase() ?? "";
  const words = args.slice(1).map(word);
  if (name === "EVALSHA") words[0] = `${args[1]?.slice(0, 7)}…`;
  if (name === "EVAL") words[0] = "<script>";
  return [name, ...words];
}

/** As redis-cli takes it. */
function word(text: string): string {
  const short = text.length > 400 ? `${text.slice(0, 400)}…` : text;
  return /^[^\s"'\\]+$/.test(short) ? short : `'${short.replace(/['\\]/g, "\\$&").replace(/\s+/g, " ")}'`;
}

export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

export function wrap(text: string, columns: number): string[] {
  const rows: string[] = [];
  let row = "";
  for (const next of text.split(" ")) {
    if (row !== "" && row.length + 1 + next.length > columns) {
      rows.push(row);
      row = next;
    } else row = row === "" ? next : `${row} ${next}`;
  }
  return [...rows, row];
}
