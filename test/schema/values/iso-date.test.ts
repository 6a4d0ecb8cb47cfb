import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateOf, isoText } from "../../../src/schema/values/iso-date.js";

const DAY = 86_400_000;
const dates = fc.oneof(
  fc.date({ noInvalidDate: true }),
  // Midnights and their neighbours, near 1970, near year 0 and 10000, at both ends.
  fc
    .tuple(
      fc.constantFrom(0, 20_455, -719_528, 2_932_896, 100_000_000, -100_000_000),
      fc.integer({ min: -2, max: 2 }),
      fc.integer({ min: -DAY, max: DAY }),
    )
    .map(([day, next, time]) => new Date((day + next) * DAY + time))
    .filter((date) => !Number.isNaN(date.getTime())),
);

describe("ISO dates", () => {
  it("are written as toISOString writes them, and read back", () => {
    fc.assert(
      fc.property(dates, (date) => {
        expect(isoText(date)).toBe(date.toISOString());
        expect(dateOf(isoText(date))).toStrictEqual(date);
      }),
      { numRuns: 2000 },
    );
  });

  it("are read as new Date reads them, whatever the text", () => {
    const day = "2026-01-02T";
    dateOf(`${day}00:00:00.000Z`);
    const near = fc.stringMatching(/^[0-9: .Zz+T-]{11,14}$/).map((rest) => `${day}${rest}`.slice(0, 24));
    const times = fc
      .tuple(fc.nat(30), fc.nat(70), fc.nat(70), fc.nat(1100))
      .map(
        ([h, m, s, ms]) =>
          `${day}${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}:${String(s).padStart(2, "0")}.${String(ms).padStart(3, "0")}Z`,
      );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          near,
          times,
          dates.map((date) => date.toISOString().replace("Z", "+01:00")),
          fc.constantFrom("2026-02-30T00:00:00.000Z", `${day}24:00:00.000Z`, `${day}23:59:60.000Z`),
        ),
        (text) => {
          expect(dateOf(text)).toStrictEqual(new Date(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("refuse to write an invalid date", () => {
    expect(() => isoText(new Date(Number.NaN))).toThrow(RangeError);
  });
});
