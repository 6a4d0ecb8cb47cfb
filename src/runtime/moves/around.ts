/**
 * A script around an operation: the operation's own command or script runs inside of it, on its own keys and arguments, and
 * what the move needs happens before and after it in the same step.
 *
 * A frame is a `.lua` file with the line `local function operation(KEYS, ARGV) end`, in whose place the operation's
 * text is put. Its KEYS are those of the operation, then the frame's; its ARGV: how many keys the operation has, how many
 * arguments the frame has, the frame's arguments, the operation's arguments. The frame begins with the lines that take
 * them apart: one by one, since Lua's unpack takes some 8,000 values, and an operation may have more.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Argument, Decode, Plan } from "../plan.js";
import type { Script } from "../script.js";

const place = "local function operation(KEYS, ARGV) end";
const wholeCommand = "return redis.call(unpack(ARGV))";
const composed = new Map<string, Script>();

/** Plain commands that write, and that Redis takes when its memory is full. */
const freeing: ReadonlySet<string> = new Set(["DEL", "UNLINK", "GETDEL", "GETEX", "PEXPIRE", "PEXPIREAT", "ZREM"]);

/** True where the operation alone would run when Redis is out of memory: with a frame around it it still does. */
function runsWithoutMemory({ script, args, writes }: Plan<unknown>): boolean {
  if (script === undefined) return !writes || freeing.has(args[0] as string);
  return /flags=.*\b(?:allow-oom|no-writes)\b/.test(script.source.slice(0, script.source.indexOf("\n")));
}

/** The frame's text around the text of an operation; a plain command's where there is no script. */
function compose(frame: Script, plan: Plan<unknown>, readOnly: boolean): Script {
  const { script } = plan;
  const flags = readOnly ? "#!lua flags=no-writes" : runsWithoutMemory(plan) ? "#!lua flags=allow-oom" : "#!lua";
  const id = `${frame.sha1} ${script?.sha1 ?? ""} ${flags}`;
  const found = composed.get(id);
  if (found !== undefined) return found;
  const body = (script?.source ?? `#!lua\n${wholeCommand}`).split("\n").slice(1);
  const at = frame.source.indexOf(place);
  if (at < 0) throw new TypeError(`the frame ${frame.name} has no place for an operation`);
  const text =
    frame.source.slice(0, at) +
    `local function operation(KEYS, ARGV)\n${body.join("\n")}\nend` +
    frame.source.slice(at + place.length);
  const source = `${flags}\n${text.slice(text.indexOf("\n") + 1)}`;
  const made: Script = {
    name: `${frame.name}(${script?.name ?? "command"})`,
    sha1: createHash("sha1").update(source).digest("hex"),
    source,
    readOnly,
  };
  composed.set(id, made);
  return made;
}

/** A plan as the frame runs it. */
export interface Framed<T> {
  readonly frame: Script;
  /** The frame's own keys, in the slot of the plan's. */
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
  /** Reads what the frame returns. Bulk replies are Buffers where the frame returns stored bytes: `binary`. */
  readonly decode: Decode<T>;
  readonly binary?: boolean;
  /** True where neither the operation nor the frame writes. */
  readonly readOnly?: boolean;
}

/** A plan with a frame around it, as one script call. */
export function around<T>(
  plan: Plan<unknown>,
  { frame, keys, args, decode, binary, readOnly = false }: Framed<T>,
): Plan<T> {
  const script = compose(frame, plan, readOnly);
  // A script's own arguments stand behind EVALSHA, its SHA-1, the number of its keys and these.
  const own = plan.script === undefined ? plan.args : plan.args.slice(3 + plan.keys.length);
  const all = [...plan.keys, ...keys];
  return {
    family: plan.family,
    operation: plan.operation,
    keys: all,
    script,
    writes: !readOnly,
    binary: binary ?? plan.binary,
    decode,
    args: [
      "EVALSHA",
      script.sha1,
      String(all.length),
      ...all,
      String(plan.keys.length),
      String(args.length),
      ...args,
      ...own,
    ],
  };
}

/** Text in the place of the bytes of a reply, for a plan whose decoder expects text. */
export function asText(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(asText) : reply;
}
