/**
 * The table of parameter codecs.
 *
 * @module
 */
import { nearestWord } from "../nearest-word.js";
import { BRACES, complement, INVISIBLE, rangesOf, union, WILDCARDS } from "./characters.js";
import * as encode from "./encode.js";
import { classSource, holdsEmpty, LanguageProblem, languageSource, parseLanguage } from "./language.js";
import type { ParameterCodec } from "./parameter.js";

/** What a codec is built from. */
export interface CodecUse {
  /** The parameter's name. */
  readonly parameter: string;
  /** What stands in the parentheses, if there are any. */
  readonly argument: string | undefined;
  /** The literal punctuation next to the parameter, which `str` excludes. */
  readonly separators: string;
}

/** Why a codec cannot be built. */
export interface CodecRefusal {
  readonly id: string;
  readonly message: string;
  readonly fix: string;
}

/** One row of the table. */
export interface CodecRow {
  readonly name: string;
  /** How a pattern writes it, for messages. */
  readonly usage: string;
  /** It may hold `:`, and so stands at the end of the key or of its tag. */
  readonly onlyLast?: (argument: string | undefined) => boolean;
  build(use: CodecUse): ParameterCodec | CodecRefusal;
}

/** What a codec's row states; the rest of {@link ParameterCodec} follows from it. */
interface CodecParts {
  readonly calls: string;
  readonly type?: string;
  readonly language: string;
  readonly encode: (value: never, parameter: string) => string;
  readonly decode?: (text: string) => unknown;
  readonly accepts?: (text: string) => boolean;
  /** The arguments of the emitted call between the value and the parameter's name. */
  readonly passes?: string;
}

const HEX64 = "[0-9a-f]{64}";
const STR_EXCLUDES = union(INVISIBLE, rangesOf(`:${BRACES}${WILDCARDS}`));
const GROUP = "[0-9a-f]{0,4}";
const IPV4 = "[0-9]{1,3}(?:\\.[0-9]{1,3}){3}";

const rows: readonly CodecRow[] = [
  {
    name: "str",
    usage: "str",
    build: (use) => {
      const { separators } = use;
      const language = `${classSource(complement(union(STR_EXCLUDES, rangesOf(separators))))}+`;
      if (separators === "") return plain("str", use, { calls: "str", language, encode: encode.str });
      return plain("str", use, {
        calls: "strWithout",
        language,
        encode: (value, parameter) => encode.strWithout(value, separators, parameter),
        passes: JSON.stringify(separators),
      });
    },
  },
  row("int", {
    calls: "int",
    type: "number",
    language: "0|-?[1-9][0-9]{0,15}",
    encode: encode.int,
    decode: Number,
  }),
  row("uuid", {
    calls: "uuid",
    language: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    encode: encode.uuid,
  }),
  row("ulid", { calls: "ulid", language: "[0-7][0-9A-HJKMNP-TV-Z]{25}", encode: encode.ulid }),
  row("hex", { calls: "hex", language: "[0-9a-f]+", encode: encode.hex }),
  row("date", {
    calls: "date",
    language: "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
    encode: encode.date,
  }),
  { name: "enum", usage: "enum(a|b)", build: buildEnum },
  {
    name: "ip",
    usage: "ip or ip(enc)",
    onlyLast: (argument) => argument === undefined,
    build: (use) => {
      if (use.argument === undefined) {
        const language = `${IPV4}|${GROUP}(?::${GROUP}){2,7}`;
        return finish("ip", use, { calls: "ip", language, encode: encode.ip });
      }
      if (use.argument !== "enc")
        return argumentRefused("ip", use, "Write ip, or ip(enc) to percent-encode the colons of IPv6.");
      return finish("ip", use, {
        calls: "ipEnc",
        language: `${IPV4}|${GROUP}(?:%3A${GROUP}){2,7}`,
        encode: encode.ipEnc,
        decode: (text) => text.replaceAll("%3A", ":"),
      });
    },
  },
  row("enc", {
    calls: "enc",
    language: "(?:[A-Za-z0-9\\-._~]|%[0-9A-F]{2})+|%",
    encode: encode.enc,
    decode: (text) => (text === "%" ? "" : decodeURIComponent(text)),
  }),
  {
    name: "sha256",
    usage: "sha256 or sha256(email)",
    build: (use) => {
      const digest = { language: HEX64, accepts: (text: string) => /^[0-9a-f]{64}$/.test(text) };
      if (use.argument === undefined)
        return finish("sha256", use, { calls: "sha256", encode: encode.sha256, ...digest });
      if (use.argument === "email")
        return finish("sha256", use, { calls: "sha256Email", encode: encode.sha256Email, ...digest });
      return argumentRefused(
        "sha256",
        use,
        "Write sha256 to hash the value as it is given, or sha256(email) to bring an address into canonical form first.",
      );
    },
  },
  { name: "match", usage: "match(/…/)", build: buildMatch },
  {
    ...row("rest", {
      calls: "rest",
      language: `${classSource(complement(union(INVISIBLE, rangesOf(BRACES))))}+`,
      encode: encode.rest,
    }),
    onlyLast: () => true,
  },
];

/** All codecs by name. */
export const parameterCodecs: ReadonlyMap<string, CodecRow> = new Map(rows.map((entry) => [entry.name, entry]));

/** The codecs as a list for messages. */
export const codecUsages: string = rows.map((entry) => entry.usage).join(", ");

/** What people write for a codec of another name. */
const ALIASES: Readonly<Record<string, string>> = {
  string: "str",
  text: "str",
  number: "int",
  integer: "int",
  bigint: "int",
  guid: "uuid",
  email: "sha256(email)",
  hash: "sha256",
  ipv4: "ip",
  ipv6: "ip",
  regex: "match(/…/)",
  any: "enc",
  url: "enc",
  path: "rest",
  day: "date",
};

/** The codec that an unknown name probably means. */
export function nearestCodec(name: string): string | undefined {
  const alias = Object.hasOwn(ALIASES, name.toLowerCase()) ? ALIASES[name.toLowerCase()] : undefined;
  if (alias) return alias;
  return nearestWord(
    name,
    rows.map((row) => row.name),
  );
}

function buildEnum(use: CodecUse): ParameterCodec | CodecRefusal {
  const { argument } = use;
  if (argument === undefined) return argumentRefused("enum", use, "List the values: enum(login|register).");
  const choices = argument.split("|");
  if (new Set(choices).size < choices.length || choices.includes("")) {
    return argumentRefused("enum", use, "List each value once, and no empty one.");
  }
  for (const choice of choices) {
    try {
      encode.str(choice, use.parameter);
    } catch {
      return argumentRefused(
        "enum",
        use,
        "Leave : { } * ? [ ] \\, white space and control characters out of the values.",
      );
    }
  }
  return finish("enum", use, {
    calls: "oneOf",
    type: choices.map((choice) => JSON.stringify(choice)).join(" | "),
    language: choices.map((choice) => Array.from(choice, (c) => classSource(rangesOf(c))).join("")).join("|"),
    encode: (value, parameter) => encode.oneOf(value, argument, parameter),
    passes: JSON.stringify(argument),
  });
}

function buildMatch(use: CodecUse): ParameterCodec | CodecRefusal {
  const slashed = /^\/(.+)\/$/su.exec(use.argument ?? "");
  if (!slashed) return argumentRefused("match", use, "Put a regular expression between slashes: match(/[a-z]+/).");
  try {
    const tree = parseLanguage(slashed[1]!);
    if (holdsEmpty(tree)) {
      return {
        id: "match-empty",
        message: `parameter ${use.parameter}: the expression matches the empty text`,
        fix: "Ask for one character at least: + instead of *, {1,8} instead of {0,8}.",
      };
    }
    const language = languageSource(tree);
    const expression = new RegExp(`^(?:${language})$`, "u");
    return finish("match", use, {
      calls: "matching",
      language,
      encode: (value, parameter) => encode.matching(value, expression, parameter),
      passes: `${expression}`,
    });
  } catch (error) {
    if (!(error instanceof LanguageProblem)) throw error;
    return { id: error.id, message: `parameter ${use.parameter}: ${error.message}`, fix: error.fix };
  }
}

function row(name: string, parts: CodecParts): CodecRow {
  return { name, usage: name, build: (use) => plain(name, use, parts) };
}

/** A codec that takes no argument. */
function plain(name: string, use: CodecUse, parts: CodecParts): ParameterCodec | CodecRefusal {
  if (use.argument !== undefined) return argumentRefused(name, use, `Write ${name} without parentheses.`);
  return finish(name, use, parts);
}

function finish(name: string, use: CodecUse, parts: CodecParts): ParameterCodec {
  const { parameter, argument } = use;
  const decode = parts.decode ?? ((text: string): unknown => text);
  const write = (value: unknown): string => parts.encode(value as never, parameter);
  const passes = parts.passes === undefined ? "" : `${parts.passes}, `;
  return Object.freeze({
    name,
    ...(argument === undefined ? {} : { argument }),
    type: parts.type ?? "string",
    calls: parts.calls,
    language: parts.language,
    encode: write,
    decode,
    accepts: parts.accepts ?? ((text: string) => isOwnText(text, write, decode)),
    emit: (expression: string) => `${parts.calls}(${expression}, ${passes}${JSON.stringify(parameter)})`,
  });
}

/** Whether a text is what its own decoded value encodes to. */
function isOwnText(text: string, write: (value: unknown) => string, decode: (text: string) => unknown): boolean {
  try {
    return write(decode(text)) === text;
  } catch {
    return false;
  }
}

function argumentRefused(name: string, use: CodecUse, fix: string): CodecRefusal {
  const shown = use.argument === undefined ? name : `${name}(${use.argument})`;
  return { id: "codec-argument", message: `parameter ${use.parameter}: ${shown} is not how ${name} is written`, fix };
}
