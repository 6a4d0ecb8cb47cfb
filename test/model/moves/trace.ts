/**
 * What a schedule did, command by command, for people to read.
 *
 * @module
 */
import type { Argument, Plan } from "../../../src/runtime/plan.js";

/** A client, the operator (-1), or what is neither, such as `time`. */
type Who = { readonly number: number; readonly phase: string } | string;

export function whoIs(who: Who): string {
  if (typeof who === "string") return who;
  return who.number < 0 ? "operator" : `${who.number} ${who.phase}`;
}

interface Line {
  readonly tick: number;
  readonly who: Who;
  readonly what: string;
  readonly plan?: Plan<unknown>;
  readonly reply?: unknown;
}

export class Trace {
  readonly #lines: Line[] = [];

  /** Something that is no command: an operation begins or ends, the fleet moves, time passes. */
  event(tick: number, who: Who, what: string, reply?: unknown): void {
    this.#lines.push({ tick, who, what, reply });
  }

  command(tick: number, who: Who, plan: Plan<unknown>, reply: unknown, what = ""): void {
    this.#lines.push({ tick, who, what, plan, reply });
  }

  /** @param prefix is left out of every key */
  text(prefix: string): string {
    return this.#lines
      .map(({ tick, who, what, plan, reply }) => {
        const head = `${String(tick).padStart(4)}  ${whoIs(who).padEnd(13)}`;
        if (plan === undefined) return `${head}${what}${reply === undefined ? "" : ` ${short(reply)}`}`;
        const shown = `${head}    ${commandText(plan)} → ${short(reply)}${what === "" ? "" : `  ${what}`}`;
        return shown.replaceAll(prefix, "");
      })
      .join("\n");
  }
}

function commandText({ script, args, keys }: Plan<unknown>): string {
  const words = script === undefined ? args : [script.name, ...keys, "|", ...args.slice(3 + keys.length)];
  return words.map(short).join(" ");
}

function short(value: unknown): string {
  if (value instanceof Error) return `${value.constructor.name}: ${value.message}`;
  const text =
    typeof value === "string"
      ? value
      : Buffer.isBuffer(value)
        ? (value as Argument).toString()
        : (JSON.stringify(value) ?? "-");
  return text.length > 90 ? `${text.slice(0, 87)}…` : text;
}
