/**
 * The functions that generated key builders call, one for each parameter codec. They stand on the path of every Redis
 * command: a good value is checked by a loop over its characters and returned as it is, without allocating. A bad one
 * throws a {@link ParameterProblem} that names the parameter and never holds the value.
 *
 * Every function takes the parameter's name last.
 *
 * @module
 */
import { hash } from "node:crypto";
import { BRACES, isInvisible, WILDCARDS } from "./characters.js";
import { canonicalIp } from "./ip.js";
import { ParameterProblem } from "./parameter-problem.js";

const UNRESERVED = asciiTable((c) => /[A-Za-z0-9\-._~]/.test(c));
const PLAIN = asciiTable((c) => c > " " && c < "\x7f" && c !== ":" && !BRACES.includes(c) && !WILDCARDS.includes(c));
const PLAIN_OR_COLON_OR_WILDCARD = asciiTable((c) => c > " " && c < "\x7f" && !BRACES.includes(c));
const LOWER_HEX = asciiTable((c) => /[0-9a-f]/.test(c));
const CROCKFORD = asciiTable((c) => /[0-9A-HJKMNP-TV-Z]/.test(c));

/** A parameter without a codec: any text but `: { } * ? [ ] \`, white space, control characters, and the empty one. */
export function str(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (value.length === 0) throw empty(parameter);
  if (!isMadeOf(value, PLAIN)) {
    throw new ParameterProblem(
      parameter,
      `${parameter} holds a character that a key parameter must not hold: one of : { } * ? [ ] \\, white space, a control character or half a surrogate pair`,
      `Pass an id without these characters, or declare <${parameter}:enc>, which percent-encodes them.`,
    );
  }
  return value;
}

/** As {@link str}, and none of the characters that separate the parameter from its neighbours in this pattern. */
export function strWithout(value: string, separators: string, parameter: string): string {
  str(value, parameter);
  // A separator may be of two UTF-16 units, and half of it is part of other characters.
  for (let i = 0; i < separators.length; ) {
    const separator = separators.codePointAt(i)! > 0xffff ? separators.slice(i, i + 2) : separators[i]!;
    i += separator.length;
    if (value.includes(separator)) {
      throw new ParameterProblem(
        parameter,
        `${parameter} holds '${separator}', which separates it from its neighbour in the key`,
        `Pass an id without it, or separate the parameters by ':' in the pattern.`,
      );
    }
  }
  return value;
}

/** A safe integer in canonical decimal. `-0` is 0. */
export function int(value: number | bigint, parameter: string): string {
  if (typeof value === "number" ? Number.isSafeInteger(value) : isSafeBigint(value)) return `${value}`;
  if (typeof value !== "number" && typeof value !== "bigint") throw notA("number", value, parameter);
  throw new ParameterProblem(
    parameter,
    `${parameter} is no safe integer`,
    "Pass a whole number between -(2^53 - 1) and 2^53 - 1.",
  );
}

/** A UUID in lower case. Another spelling of the same UUID is refused: two services would store two keys. */
export function uuid(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  let good = value.length === 36;
  for (let i = 0; good && i < 36; i++) {
    const code = value.charCodeAt(i);
    good = i === 8 || i === 13 || i === 18 || i === 23 ? code === 0x2d : LOWER_HEX[code] === 1;
  }
  if (good) return value;
  throw new ParameterProblem(
    parameter,
    `${parameter} is no UUID in its canonical form`,
    "Pass 36 characters in lower case, as in 0192d3c4-1f5e-7a2b-8c3d-4e5f60718293; lower the case of a UUID from elsewhere first.",
  );
}

/** A ULID: 26 characters of Crockford's alphabet in upper case, the first at most 7. */
export function ulid(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (value.length === 26 && value.charCodeAt(0) <= 0x37 && isMadeOfAscii(value, CROCKFORD)) return value;
  throw new ParameterProblem(
    parameter,
    `${parameter} is no ULID in its canonical form`,
    "Pass 26 characters in upper case, as in 01JD5Z8Q3V7N2K4M6P8R0T1W3Y.",
  );
}

/** Lower-case hexadecimal digits, at least one. */
export function hex(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (value.length > 0 && isMadeOfAscii(value, LOWER_HEX)) return value;
  throw new ParameterProblem(
    parameter,
    `${parameter} is not made of lower-case hexadecimal digits`,
    "Pass digits 0-9 and a-f, as Buffer's toString('hex') writes them.",
  );
}

/** A day of the Gregorian calendar as `YYYY-MM-DD`. */
export function date(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (isCalendarDay(value)) return value;
  throw new ParameterProblem(
    parameter,
    `${parameter} is no day of the calendar written YYYY-MM-DD`,
    "Pass a string such as 2026-11-21; of a Date, toISOString().slice(0, 10) is its day in UTC.",
  );
}

/** One of the choices, which are given as the pattern writes them: `oneOf(k.scene, "login|register", "scene")`. */
export function oneOf(value: string, choices: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (value.length > 0 && !value.includes("|")) {
    for (let at = choices.indexOf(value); at >= 0; at = choices.indexOf(value, at + 1)) {
      const end = at + value.length;
      const startsHere = at === 0 || choices.charCodeAt(at - 1) === 0x7c;
      if (startsHere && (end === choices.length || choices.charCodeAt(end) === 0x7c)) return value;
    }
  }
  throw new ParameterProblem(
    parameter,
    `${parameter} is none of the values that the schema lists`,
    `Pass one of ${choices.split("|").join(", ")}.`,
  );
}

/**
 * An IPv4 or IPv6 address in canonical text (RFC 5952). Other spellings of an address are made canonical, since they
 * are the same host; an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, which dual-stack sockets report) is its IPv4
 * address. Zones (`%eth0`), ports and leading zeros in IPv4 are refused.
 */
export function ip(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  const canonical = canonicalIp(value);
  if (canonical !== undefined) return canonical;
  throw new ParameterProblem(
    parameter,
    `${parameter} is no IP address`,
    "Pass one IPv4 or IPv6 address, without port, brackets or zone; of X-Forwarded-For, the one entry that you trust.",
  );
}

/** As {@link ip}, with the colons of IPv6 as `%3A`, so that it may stand anywhere in a key. */
export function ipEnc(value: string, parameter: string): string {
  const address = ip(value, parameter);
  return address.includes(":") ? address.replaceAll(":", "%3A") : address;
}

/**
 * Any text, percent-encoded: every byte of its UTF-8 but `A-Z a-z 0-9 - . _ ~` becomes `%XX` in upper case. The empty
 * text is a single `%`, which no other text gives.
 */
export function enc(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (value.length === 0) return "%";
  if (isMadeOfAscii(value, UNRESERVED)) return value;
  refuseLoneSurrogates(value, parameter);
  return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The SHA-256 of the text's UTF-8 as it is given, in lower-case hexadecimal. */
export function sha256(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (value.length === 0) throw empty(parameter);
  refuseLoneSurrogates(value, parameter);
  return hash("sha256", value);
}

/** The SHA-256 of an e-mail address in canonical form: trimmed, in lower case, in Unicode's normal form C. */
export function sha256Email(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  return sha256(value.trim().toLowerCase().normalize("NFC"), parameter);
}

/** A text of the regular language that the pattern gives; the expression is anchored and narrowed by the generator. */
export function matching(value: string, expression: RegExp, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (expression.test(value)) return value;
  throw new ParameterProblem(
    parameter,
    `${parameter} is not of the form that the pattern gives`,
    `Pass a value that ${expression} matches.`,
  );
}

/** The rest of a key: any text but braces, white space, control characters, and the empty one. */
export function rest(value: string, parameter: string): string {
  if (typeof value !== "string") throw notA("string", value, parameter);
  if (value.length === 0) throw empty(parameter);
  if (isMadeOf(value, PLAIN_OR_COLON_OR_WILDCARD)) return value;
  throw new ParameterProblem(
    parameter,
    `${parameter} holds a character that a key must not hold: a brace, white space, a control character or half a surrogate pair`,
    `Pass a value without these characters, or declare <${parameter}:enc>, which percent-encodes them.`,
  );
}

/** Whether all ASCII characters are in the table, and all others visible and whole. */
function isMadeOf(value: string, table: Uint8Array): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x80) {
      if (table[code] === 0) return false;
    } else if (code >= 0xd800 && code <= 0xdfff) {
      if (code > 0xdbff) return false;
      const low = value.charCodeAt(++i);
      if (!(low >= 0xdc00 && low <= 0xdfff)) return false;
    } else if (isInvisible(code)) {
      return false;
    }
  }
  return true;
}

function isMadeOfAscii(value: string, table: Uint8Array): boolean {
  for (let i = 0; i < value.length; i++) if (table[value.charCodeAt(i)] !== 1) return false;
  return true;
}

/** Half a surrogate pair has no UTF-8: all of them would become the same replacement character, and one key. */
function refuseLoneSurrogates(value: string, parameter: string): void {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0xd800 || code > 0xdfff) continue;
    const low = code <= 0xdbff ? value.charCodeAt(++i) : 0;
    if (low >= 0xdc00 && low <= 0xdfff) continue;
    throw new ParameterProblem(
      parameter,
      `${parameter} holds half a surrogate pair, which has no UTF-8`,
      "Pass whole text: it was probably cut in the middle of a character.",
    );
  }
}

function isSafeBigint(value: unknown): boolean {
  return typeof value === "bigint" && value >= -9007199254740991n && value <= 9007199254740991n;
}

function isCalendarDay(value: string): boolean {
  if (value.length !== 10 || value.charCodeAt(4) !== 0x2d || value.charCodeAt(7) !== 0x2d) return false;
  const year = digits(value, 0, 4);
  const month = digits(value, 5, 7);
  const day = digits(value, 8, 10);
  if (year < 0 || month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
}

function digits(value: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function asciiTable(holds: (character: string) => boolean): Uint8Array {
  return Uint8Array.from({ length: 0x80 }, (_, code) => (holds(String.fromCharCode(code)) ? 1 : 0));
}

function empty(parameter: string): ParameterProblem {
  return new ParameterProblem(
    parameter,
    `${parameter} is empty`,
    "Pass the id; an empty one usually means that a value was not loaded.",
  );
}

function notA(type: string, value: unknown, parameter: string): ParameterProblem {
  return value === undefined
    ? new ParameterProblem(parameter, `${parameter} is missing`, `Pass ${parameter}: a ${type}.`)
    : new ParameterProblem(
        parameter,
        `${parameter} is ${value === null ? "null" : `of type ${typeof value}`}, not ${type}`,
        `Pass a ${type}.`,
      );
}
