import type { Wire } from "./wire.js";

/** How a scalar wire writes a validated value, and reads a text before it is validated. */
export interface ScalarText {
  /** What is wrong with the value, or its text. */
  readonly write: (value: unknown) => string | Refusal;
  readonly read: (text: string) => unknown | Refusal;
}

export class Refusal {
  constructor(readonly message: string) {}
}

/** As Redis's INCR writes an integer: no plus, no leading zero, no minus zero. */
const INTEGER = /^(?:0|-?[1-9]\d{0,15})$/;

/** What String(number), Lua and INCRBYFLOAT write; no `inf`, `nan`, hexadecimal or blanks, which Number() or C accept. */
const FLOAT = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export const SCALAR_TEXTS: Readonly<Record<Extract<Wire, "string" | "int" | "float" | "boolean01">, ScalarText>> = {
  string: {
    // The wire is UTF-8: a lone surrogate would silently arrive as U+FFFD.
    write: (value) => (isWellFormed(value as string) ? (value as string) : new Refusal("holds a lone surrogate")),
    read: (text) => text,
  },
  int: {
    write: (value) => String(value as number),
    read: (text) => {
      const value = INTEGER.test(text) ? Number(text) : Number.NaN;
      return Number.isSafeInteger(value) ? value : new Refusal("is no integer between ±(2^53 - 1)");
    },
  },
  float: {
    write: (value) => (Object.is(value, -0) ? "-0" : String(value as number)),
    read: (text) => {
      const value = FLOAT.test(text) ? Number(text) : Number.NaN;
      return Number.isFinite(value) ? value : new Refusal("is no finite decimal number");
    },
  },
  boolean01: {
    write: (value) => (value === true ? "1" : "0"),
    read: (text) => (text === "1" ? true : text === "0" ? false : new Refusal('is neither "0" nor "1"')),
  },
};

/** In every Node that we run on, but not yet in the ES2023 library types. */
const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed();
