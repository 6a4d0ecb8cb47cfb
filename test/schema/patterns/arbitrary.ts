import fc from "fast-check";

/** What separates, groups or matches somewhere, and characters that are easily lost or confused. */
const troublesome = fc.constantFrom(
  ..."{}:*?[]\\%|/.-_~<>^$()+@#!'",
  "\0",
  "\x7f",
  "\u0080",
  " ",
  "\t",
  "\n",
  "\u00a0",
  "\u2028",
  "\ufeff",
  "\ud800",
  "\udc00",
  "é",
  "e\u0301",
  "İ",
  "ß",
  "😀",
);

const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(..."abcxyzABC0129") },
  { weight: 3, arbitrary: troublesome },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
);

/** Any text that JavaScript can hold, mostly short and awkward, sometimes very long. */
export const anyText = fc.oneof(
  { weight: 30, arbitrary: fc.array(unit, { maxLength: 12 }).map((units) => units.join("")) },
  {
    weight: 1,
    arbitrary: fc.tuple(unit, fc.integer({ min: 1000, max: 50_000 })).map(([text, n]) => text.repeat(n)),
  },
);

/** Keys rich in braces. */
export const keyText = fc.oneof(
  anyText.filter((text) => text.length < 1000),
  fc
    .array(fc.oneof(unit, fc.constantFrom("{", "}", "{}", "{a", "b}")), { maxLength: 10 })
    .map((units) => units.join("")),
);

const lowerHex = fc.constantFrom(..."0123456789abcdef");
const hexOf = (length: number) => fc.string({ unit: lowerHex, minLength: length, maxLength: length });

/** Texts without half surrogate pairs: `toWellFormed` is not yet in the library that TypeScript is told of. */
export const wholeText = anyText.map((text) => Buffer.from(text, "utf8").toString("utf8"));

const plainUnit = fc.oneof(fc.constantFrom(..."abcAB019-_.|/@~%<>"), fc.constantFrom("é", "😀", "名"));

/** For each codec, as a pattern writes it, values that it takes in canonical form. */
export const canonicalValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  str: fc.string({ unit: plainUnit, minLength: 1, maxLength: 8 }),
  int: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -20, max: 20 })).map((n) => (n === 0 ? 0 : n)),
  uuid: fc.uuid(),
  ulid: fc.ulid(),
  hex: fc.string({ unit: lowerHex, minLength: 1, maxLength: 6 }),
  date: fc
    .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10)),
  "enum(login|register|log)": fc.constantFrom("login", "register", "log"),
  ip: fc.ipV4(),
  "ip(enc)": fc.ipV4(),
  enc: wholeText.filter((text) => text.length < 1000),
  "match(/(?:eu|us):[a-z-]{1,4}/)": fc
    .tuple(fc.constantFrom("eu", "us"), fc.string({ unit: fc.constantFrom(..."abz-"), minLength: 1, maxLength: 4 }))
    .map((parts) => parts.join(":")),
  rest: fc.string({ unit: fc.oneof(plainUnit, fc.constantFrom(..."::*?[]\\")), minLength: 1, maxLength: 8 }),
  sha256: hexOf(64),
};
