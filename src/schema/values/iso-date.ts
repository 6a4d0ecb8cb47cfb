/**
 * Dates to ISO 8601 text and back, as `Date.prototype.toISOString` and `new Date(text)` do it, several times sooner.
 *
 * Nearly all dates that are stored and read one after another fall on a few days, so the day's text is kept and only the
 * time of day is calculated. A date in a record otherwise costs about as much as the rest of it.
 */
const DAY = 86_400_000;

let day = Number.NaN;
/** `2026-01-02T`, or with six digits of year and a sign outside 0 to 9999. */
let dayText = "";

const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));
const THREE = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, "0"));

/** @throws RangeError for an invalid date, as `toISOString` does. */
export function isoText(date: Date): string {
  const time = date.getTime();
  const its = Math.floor(time / DAY);
  if (its !== day) keepDay(new Date(its * DAY));
  const rest = time - its * DAY;
  const second = Math.trunc(rest / 1000);
  const minute = Math.trunc(second / 60);
  const hour = Math.trunc(minute / 60);
  return `${dayText}${TWO[hour]}:${TWO[minute - hour * 60]}:${TWO[second - minute * 60]}.${THREE[rest - second * 1000]}Z`;
}

/** Text of another form than {@link isoText} writes is left to `new Date`. */
export function dateOf(text: string): Date {
  if (text.length !== 24) return new Date(text);
  if (dayText.length !== 11 || !text.startsWith(dayText)) {
    const date = new Date(text);
    if (text.charCodeAt(10) === T && text.charCodeAt(23) === Z && !Number.isNaN(date.getTime())) {
      keepDay(new Date(Math.floor(date.getTime() / DAY) * DAY));
    }
    return date;
  }
  const hour = digits(text, 11);
  const minute = digits(text, 14);
  const second = digits(text, 17);
  const tenths = digits(text, 20);
  const thousandths = text.charCodeAt(22) - ZERO;
  const plain =
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON &&
    text.charCodeAt(19) === POINT &&
    text.charCodeAt(23) === Z &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    tenths < 100 &&
    thousandths >= 0 &&
    thousandths < 10;
  if (!plain) return new Date(text);
  return new Date(day * DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + tenths * 10 + thousandths);
}

const [ZERO, COLON, POINT, T, Z] = [48, 58, 46, 84, 90];

/** Two digits as a number; 100 where they are none. */
function digits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 ? tens * 10 + ones : 100;
}

function keepDay(midnight: Date): void {
  dayText = midnight.toISOString().slice(0, -"00:00:00.000Z".length);
  day = midnight.getTime() / DAY;
}
