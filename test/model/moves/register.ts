/**
 * The check of a place that holds one value: a read returns what was last acknowledged, or what overlaps with it.
 *
 * @module
 */
import type { Entry, History } from "./history.js";

/** What an operation is to the register. Operations of several kinds are told as several, or as none. */
export type RegisterUse =
  /** It wrote the value, or null: it deleted it. Values must be unlike each other. */
  | { readonly write: string | null }
  /** It put the value where it found none; what others read elsewhere stays right. */
  | { readonly add: string }
  /** It found the value, or null. */
  | { readonly read: string | null }
  /** It found the value and started its TTL anew. */
  | { readonly refresh: true };

export interface RegisterOptions {
  /** True where what was written may be gone at any time, as in a cache; nothing need converge then. */
  readonly mayForget?: boolean;
}

type Write = Entry & { readonly value: string | null; readonly adds: boolean };

/**
 * A read may return what was written by an operation that was not *superseded* before the read began: by an acknowledged
 * write that began after the other had ended. An operation of which it is not known whether it was applied may show until
 * then. Reads with nothing in between must agree, unless such an operation is open.
 *
 * @param useOf what an entry did; of a write that was not acknowledged, what it would have done. undefined where it is
 * nothing to the register, such as a conditional write that was refused.
 */
export function checkRegister<Data>(
  history: History<Data>,
  useOf: (entry: Entry<Data>) => RegisterUse | undefined,
  { mayForget = false }: RegisterOptions = {},
): string[] {
  const writes: Write[] = [];
  const reads: { readonly entry: Entry; readonly found: string | null }[] = [];
  const refreshes: Entry[] = [];
  const unsure: Entry[] = [];
  for (const entry of history.entries) {
    if (entry.outcome === "nothing") continue;
    const use = useOf(entry);
    if (use === undefined) continue;
    if ("write" in use) writes.push({ ...entry, value: use.write, adds: false });
    else if ("add" in use) writes.push({ ...entry, value: use.add, adds: true });
    else if (entry.outcome !== "answered") {
      // It may have started the TTL anew.
      if ("refresh" in use) unsure.push(entry);
    } else if ("read" in use) reads.push({ entry, found: use.read });
    else refreshes.push(entry);
  }
  const acknowledged = writes.filter(({ outcome, adds }) => outcome === "answered" && !adds);
  /** True where something acknowledged lies between a moment and the read. */
  const supersededBy = (among: readonly Entry[], after: number, read: Entry) =>
    among.some(({ begin, end }) => begin >= after && end < read.begin);
  const found: string[] = [];
  const openFor = (read: Entry) =>
    writes.filter(({ begin, end }) => begin < read.end && !supersededBy(acknowledged, end, read));

  for (const { entry: read, found: value } of reads) {
    const open = openFor(read);
    const passed = history.elapsed.filter(({ tick }) => tick < read.end);
    const mayBe = new Set<string | null>();
    for (const write of open) {
      const gone = passed.filter(({ tick, before }) => tick < read.begin && write.end < before);
      const refreshed = (before: number) =>
        [...refreshes, ...unsure].some(({ begin, end }) => begin >= before && begin < read.end && end > write.begin);
      if (gone.every(({ before }) => refreshed(before))) mayBe.add(write.value);
    }
    if (mayForget || !supersededBy(acknowledged, 0, read)) mayBe.add(null);
    // Its TTL ran out, unless it was written or refreshed by what began after all that ran out.
    for (const { before } of passed) {
      if (!supersededBy(acknowledged, before, read) && !supersededBy(refreshes, before, read)) mayBe.add(null);
    }
    if (!mayBe.has(value)) {
      const what = [...mayBe].map((each) => each ?? "nothing").join(" or ");
      found.push(
        `${read.name} of ${read.client} (${read.phase}) at ${read.begin} to ${read.end} found ${value ?? "nothing"}, not ${what}`,
      );
    }
  }
  if (!mayForget) found.push(...differing(history, writes, reads, openFor));
  return found;
}

/** Reads that differ with nothing between them. */
function differing(
  history: History,
  writes: readonly Write[],
  reads: readonly { readonly entry: Entry; readonly found: string | null }[],
  openFor: (read: Entry) => readonly Write[],
): string[] {
  const found: string[] = [];
  const inOrder = reads.filter(({ entry }) => entry.probe);
  inOrder.slice(1).forEach((second, i) => {
    const first = inOrder[i] as (typeof inOrder)[number];
    if (first.found === second.found) return;
    const [from, to] = [first.entry.begin, second.entry.end];
    if (writes.some(({ begin, end }) => begin < to && end > from)) return;
    if (history.elapsed.some(({ tick }) => tick > from && tick < to)) return;
    if (openFor(second.entry).some(({ outcome }) => outcome === "unknown")) return;
    found.push(
      `${first.entry.client} (${first.entry.phase}) found ${first.found ?? "nothing"} at ${first.entry.begin}, ` +
        `and ${second.entry.client} (${second.entry.phase}) ${second.found ?? "nothing"} at ${second.entry.begin}`,
    );
  });
  return found;
}
