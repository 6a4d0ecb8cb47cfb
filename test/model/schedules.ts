/**
 * Which schedules a model test tries: `SEED` repeats one, `SCHEDULES` says how many, from a first seed of its own each
 * run. The seeds are printed, so that a failure can be repeated.
 *
 * @module
 */

/**
 * The seeds of a run, `usual` of them where nothing is said.
 *
 * @param among how many share the schedules of a run, each with the same seeds
 * @param from the first seed of a usual run, which is the same each time then; left out: one of its own
 */
export function schedules(usual: number, among = 1, from?: number): number[] {
  const { SEED, SCHEDULES } = process.env;
  if (SEED !== undefined && SEED !== "") return [whole("SEED", SEED)];
  const all = SCHEDULES === undefined || SCHEDULES === "" ? usual : whole("SCHEDULES", SCHEDULES);
  const count = Math.ceil(all / among);
  // Where nobody says how many, whoever asked says from which on.
  const first = all === usual && from !== undefined ? from : Math.floor(Math.random() * 2 ** 31);
  console.log(`${all} schedules, seeds ${first} to ${first + count - 1}; SEED=<one of them> repeats it`);
  return Array.from({ length: count }, (_, i) => first + i);
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`${name} is no whole number`);
}
