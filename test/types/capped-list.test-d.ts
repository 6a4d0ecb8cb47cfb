/** What must not compile with a capped list. `tsc --noEmit` is the test: an expected error that does not come is an error. */
import type { CappedListRepository } from "keywright";
import { cappedList, geoIndex, none } from "keywright/schema";
import { z } from "zod";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<Claim extends true>(): Claim;

declare const whole: CappedListRepository<{ readonly id: string }, number, "whole">;
declare const recent: CappedListRepository<{ readonly id: string }, number, "recent">;
const key = { id: "1" };

export async function calls(): Promise<void> {
  const loaded = await whole.recent(key, { orElse: async () => [1] });
  holds<Equal<typeof loaded, readonly number[]>>();
  const read = await whole.recent(key, { limit: 5 });
  holds<Equal<typeof read, readonly number[] | null>>();
  const alone = await recent.recent(key);
  holds<Equal<typeof alone, readonly number[] | null>>();
  // @ts-expect-error a list that is its own truth has nothing to load from
  await recent.recent(key, { orElse: async () => [1] });
  // @ts-expect-error items have the schema's type
  await whole.push(key, "1");
}

const common = { purpose: "x", owner: "a", writers: ["a"], readers: [], tag: none("alone"), ttl: "1h" } as const;
// @ts-expect-error a capped list has a cap
cappedList("list:<id>", { ...common, item: z.string() });
// @ts-expect-error members of a geographic index are strings
geoIndex("geo:<id>", { ...common, member: z.number() });
