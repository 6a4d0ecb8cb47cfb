/**
 * Regular languages: the subset of JavaScript's regular expressions that describes nothing but a set of texts. Every
 * parameter codec states its language in it, and `match(/…/)` lets a schema state one of its own. Look-around,
 * back-references and anchors are outside: with them, whether two patterns can meet is no longer decidable by automata.
 *
 * @module
 */
import { BRACES, complement, INVISIBLE, includes, intersection, type Ranges, rangesOf, union } from "./characters.js";

/** A regular language as a tree; code points as ranges. */
export type Language =
  | { readonly kind: "characters"; readonly ranges: Ranges }
  | { readonly kind: "sequence"; readonly parts: readonly Language[] }
  | { readonly kind: "choice"; readonly parts: readonly Language[] }
  | { readonly kind: "repeat"; readonly part: Language; readonly min: number; readonly max: number | undefined };

/** Why an expression is refused. */
export class LanguageProblem extends Error {
  readonly id: string;
  readonly fix: string;

  constructor(id: string, message: string, fix: string) {
    super(message);
    this.id = id;
    this.fix = fix;
  }
}

/** What no parameter may hold, whatever its codec. */
export const NEVER_IN_PARAMETERS: Ranges = union(INVISIBLE, rangesOf(BRACES));

const DIGITS: Ranges = [[0x30, 0x39]];
const WORD: Ranges = union(DIGITS, [[0x41, 0x5a]], [[0x61, 0x7a]], rangesOf("_"));
/** Longer repetitions make automata of thousands of states, and keys that nobody reads. */
const MOST_REPEATS = 1024;

/**
 * Reads an expression (without its slashes) as a regular language.
 *
 * A negated class, `\W`, `\D` or `.` never includes braces, white space, control characters or half a surrogate pair;
 * naming one of them is refused.
 *
 * @throws LanguageProblem
 */
export function parseLanguage(source: string): Language {
  let language = read.get(source);
  if (language === undefined) {
    language = new LanguageReader(source).read();
    read.set(source, language);
  }
  return language;
}

/** A schema asks for the same few languages, those of its codecs, again and again. */
const read = new Map<string, Language>();

class LanguageReader {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  read(): Language {
    const language = this.#choice();
    if (this.#at < this.#characters.length) throw syntax("a parenthesis is closed that was not opened");
    return language;
  }

  get #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at++;
    return true;
  }

  #choice(): Language {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): Language {
    const parts: Language[] = [];
    while (this.#next !== undefined && this.#next !== "|" && this.#next !== ")") parts.push(this.#repeat(this.#atom()));
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #repeat(part: Language): Language {
    const bounds = this.#bounds();
    if (!bounds) return part;
    // A lazy quantifier has the same language.
    this.#take("?");
    if (this.#bounds()) throw syntax("a quantifier follows a quantifier");
    return { kind: "repeat", part, ...bounds };
  }

  #bounds(): { min: number; max: number | undefined } | undefined {
    if (this.#take("*")) return { min: 0, max: undefined };
    if (this.#take("+")) return { min: 1, max: undefined };
    if (this.#take("?")) return { min: 0, max: 1 };
    if (!this.#take("{")) return undefined;
    const min = this.#number();
    const open = this.#take(",");
    const max = open ? this.#number() : min;
    if (min === undefined || !this.#take("}")) throw syntax("a quantifier in braces is neither {n}, {n,} nor {n,m}");
    if (min > MOST_REPEATS || (max ?? 0) > MOST_REPEATS) throw syntax(`it repeats more than ${MOST_REPEATS} times`);
    if (max !== undefined && max < min) throw syntax("a quantifier's bounds are the wrong way round");
    return { min, max };
  }

  #number(): number | undefined {
    let digits = "";
    while (this.#next !== undefined && /[0-9]/.test(this.#next)) digits += this.#characters[this.#at++];
    return digits === "" ? undefined : Number(digits);
  }

  #atom(): Language {
    const character = this.#characters[this.#at++]!;
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return characters(this.#class());
      case ".":
        return characters(complement(NEVER_IN_PARAMETERS));
      case "\\":
        return characters(this.#escape());
      case "^":
      case "$":
        throw irregular(
          `the anchor ${character}`,
          "Leave it out: the expression always describes the whole parameter.",
        );
      case "*":
      case "+":
      case "?":
      case "{":
        throw syntax(`the quantifier ${character} follows nothing; escape a literal one with a backslash`);
      case "]":
      case "}":
        throw syntax(`${character} closes nothing; escape a literal one with a backslash`);
      default:
        return characters(literal(character));
    }
  }

  #group(): Language {
    if (this.#take("?")) {
      if (!this.#take(":")) {
        throw irregular("look-around, named groups or inline flags", "Use plain groups: (?:…) or (…).");
      }
    }
    const language = this.#choice();
    if (!this.#take(")")) throw syntax("a parenthesis is not closed");
    return language;
  }

  #class(): Ranges {
    const negated = this.#take("^");
    let ranges: Ranges = [];
    while (!this.#take("]")) {
      const from = this.#classMember();
      const isRange = this.#next === "-" && this.#characters[this.#at + 1] !== "]";
      if (!isRange) {
        ranges = union(ranges, from);
        continue;
      }
      this.#at++;
      const to = this.#classMember();
      const first = single(from);
      const last = single(to);
      if (first === undefined || last === undefined || last < first) throw syntax("a range in a class has no order");
      ranges = union(ranges, [[first, last]]);
    }
    if (negated) ranges = intersection(complement(ranges), complement(NEVER_IN_PARAMETERS));
    else refuse(ranges);
    if (ranges.length === 0) throw syntax("a class is empty, so nothing could ever match");
    return ranges;
  }

  /** Inside a class nothing is refused yet: a negated class may name what it leaves out. */
  #classMember(): Ranges {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw syntax("a class is not closed");
    if (character === "\\") return this.#escape(true);
    return rangesOf(character);
  }

  #escape(inClass = false): Ranges {
    const character = this.#characters[this.#at++];
    switch (character) {
      case undefined:
        throw syntax("it ends with a backslash");
      case "d":
        return DIGITS;
      case "w":
        return WORD;
      case "D":
        return intersection(complement(DIGITS), complement(NEVER_IN_PARAMETERS));
      case "W":
        return intersection(complement(WORD), complement(NEVER_IN_PARAMETERS));
      case "S":
        return complement(NEVER_IN_PARAMETERS);
      case "s":
        if (inClass) return intersection(INVISIBLE, complement([[0xd800, 0xdfff]]));
        throw forbidden("white space");
      case "t":
      case "n":
      case "r":
      case "v":
      case "f":
      case "0":
        if (inClass) return rangesOf({ t: "\t", n: "\n", r: "\r", v: "\v", f: "\f", 0: "\0" }[character]);
        throw forbidden("white space or a control character");
      case "x":
        return this.#codePoint(this.#hex(2), inClass);
      case "u":
        return this.#codePoint(this.#next === "{" ? this.#braced() : this.#hex(4), inClass);
      default:
        if (/[1-9kbBpP]/.test(character)) {
          throw irregular(
            `\\${character}`,
            "Write the characters out in a class: back-references, boundaries and Unicode properties are not supported.",
          );
        }
        if (/[A-Za-z]/.test(character)) throw syntax(`\\${character} means nothing`);
        return inClass ? rangesOf(character) : literal(character);
    }
  }

  #codePoint(code: number, inClass: boolean): Ranges {
    const ranges: Ranges = [[code, code]];
    if (!inClass) refuse(ranges);
    return ranges;
  }

  #hex(length: number): number {
    const text = this.#characters.slice(this.#at, this.#at + length).join("");
    if (text.length !== length || !/^[0-9a-fA-F]+$/.test(text)) throw syntax("an escape lacks its hexadecimal digits");
    this.#at += length;
    return Number.parseInt(text, 16);
  }

  #braced(): number {
    const close = this.#characters.indexOf("}", this.#at);
    const digits = this.#characters.slice(this.#at + 1, close).join("");
    const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (close < 0 || !(code <= 0x10ffff)) throw syntax("\\u{…} is no code point");
    this.#at = close + 1;
    return code;
  }
}

/** The language as an expression for the `u` flag, in one spelling for each tree. */
export function languageSource(language: Language): string {
  switch (language.kind) {
    case "characters":
      return classSource(language.ranges);
    case "sequence":
      return language.parts.map((part) => (part.kind === "choice" ? group(part) : languageSource(part))).join("");
    case "choice":
      return language.parts.map(languageSource).join("|");
    case "repeat": {
      const { part, min, max } = language;
      const inner = part.kind === "characters" ? languageSource(part) : group(part);
      if (max === undefined) return `${inner}${min === 0 ? "*" : min === 1 ? "+" : `{${min},}`}`;
      if (min === max) return `${inner}{${min}}`;
      return `${inner}${min === 0 && max === 1 ? "?" : `{${min},${max}}`}`;
    }
  }
}

/** All characters that some text of the language holds. */
export function alphabet(language: Language): Ranges {
  switch (language.kind) {
    case "characters":
      return language.ranges;
    case "repeat":
      return alphabet(language.part);
    default:
      return union(...language.parts.map(alphabet));
  }
}

/** Whether the empty text is in the language. */
export function holdsEmpty(language: Language): boolean {
  switch (language.kind) {
    case "characters":
      return false;
    case "sequence":
      return language.parts.every(holdsEmpty);
    case "choice":
      return language.parts.some(holdsEmpty);
    case "repeat":
      return language.min === 0 || holdsEmpty(language.part);
  }
}

/** The language of one text. */
export function languageOf(text: string): Language {
  return { kind: "sequence", parts: Array.from(text, (c) => characters(rangesOf(c))) };
}

/** A class of characters as an expression for the `u` flag. */
export function classSource(ranges: Ranges): string {
  const [only] = ranges;
  if (ranges.length === 1 && only && only[0] === only[1]) return characterSource(only[0]);
  const members = ranges.map(([from, to]) => {
    if (from === to) return memberSource(from);
    return `${memberSource(from)}${to === from + 1 ? "" : "-"}${memberSource(to)}`;
  });
  return `[${members.join("")}]`;
}

/** A hyphen is escaped in a class, and must not be outside of one under the `u` flag. */
function memberSource(code: number): string {
  return code === 0x2d ? "\\-" : characterSource(code);
}

function characterSource(code: number): string {
  const character = String.fromCodePoint(code);
  if (/[$()*+./?[\\\]^{|}]/.test(character)) return `\\${character}`;
  if (code > 0x20 && code < 0x7f) return character;
  const digits = code.toString(16).padStart(4, "0");
  return code > 0xffff ? `\\u{${digits}}` : `\\u${digits}`;
}

function characters(ranges: Ranges): Language {
  return { kind: "characters", ranges };
}

function group(language: Language): string {
  return `(?:${languageSource(language)})`;
}

function literal(character: string): Ranges {
  const ranges = rangesOf(character);
  refuse(ranges);
  return ranges;
}

function single(ranges: Ranges): number | undefined {
  const [range] = ranges;
  return ranges.length === 1 && range && range[0] === range[1] ? range[0] : undefined;
}

function refuse(ranges: Ranges): void {
  if (includes(ranges, 0x7b) || includes(ranges, 0x7d)) throw forbidden("a brace, which belongs to the hash tag");
  if (intersection(ranges, NEVER_IN_PARAMETERS).length > 0) {
    throw forbidden("white space, a control character or half a surrogate pair");
  }
}

function forbidden(what: string): LanguageProblem {
  return new LanguageProblem(
    "match-characters",
    `it may hold ${what}`,
    "Take the character out of the expression, or use enc, which percent-encodes whatever comes.",
  );
}

function syntax(message: string): LanguageProblem {
  return new LanguageProblem("match-syntax", message, "Mend the regular expression.");
}

function irregular(what: string, fix: string): LanguageProblem {
  return new LanguageProblem("match-irregular", `${what} cannot be used in a pattern`, fix);
}
