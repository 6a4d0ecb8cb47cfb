/**
 * The sessions of an owner by the owner's index: to list them, and to end one or all of them.
 *
 * @module
 */
import {
  InvalidArgumentError,
  MisuseError,
  RefusedError,
  UndecodableValueError,
  WrongTypeError,
} from "../runtime/errors.js";
import type { Runner } from "../runtime/executor.js";
import { afterOtherSteps } from "../runtime/failure.js";
import { command, commandThat, type Plan } from "../runtime/plan.js";
import { keySlot } from "../schema/patterns/slot.js";
import { type Owner, ownerOf } from "./session-owner.js";
import type { SessionSteps, Snapshot } from "./session-steps.js";

/** A session of an owner. */
export interface ListedSession<V> {
  /** The session's key as Redis stores it. It holds the token: never send it to a browser. */
  readonly name: string;
  readonly value: V;
  /** The hard end; it may end earlier, when nobody touches it. */
  readonly endsAt: Date;
}

/** How many entries of an index are asked for at once. */
const pageSize = 200;
/** How often `destroyAll` goes through an index from which sessions vanish meanwhile. */
const passes = 10;

interface Entry {
  readonly name: string;
  readonly score: string;
}

/** What a `destroyAll` has come to. */
interface Done {
  /** Sessions that it ended. */
  count: number;
  /** Entries whose session was not there any more. */
  readonly gone: Set<string>;
}

const owned = (reply: unknown): boolean => reply !== null;
const page = (reply: unknown): { cursor: string; entries: Entry[] } => {
  const [cursor, flat] = reply as [string, (string | number)[]];
  const entries: Entry[] = [];
  for (let i = 0; i < flat.length; i += 2) entries.push({ name: String(flat[i]), score: String(flat[i + 1]) });
  return { cursor: String(cursor), entries };
};

/** What of a `session` repository concerns owners. */
export class OwnedSessions<V, O> {
  readonly #steps: SessionSteps<V, O>;
  readonly #executor: Runner;
  readonly #prefix: string;

  constructor(steps: SessionSteps<V, O>, executor: Runner, prefix: string) {
    this.#steps = steps;
    this.#executor = executor;
    this.#prefix = prefix;
  }

  async list(owner: O): Promise<ListedSession<V>[]> {
    const whose = this.#owner("list", owner);
    const found = new Map<string, ListedSession<V>>();
    const steps = this.#steps;
    for await (const entries of this.#entries("list", whose)) {
      const ended: Entry[] = [];
      await this.#all(entries, async (entry) => {
        let read: Snapshot<V> | null;
        try {
          read = await this.#run(steps.snapshot("list", entry.name));
        } catch (error) {
          if (error instanceof UndecodableValueError) return;
          if (!(error instanceof WrongTypeError)) throw error;
          // A key of another type is no session, and hides none.
          read = null;
        }
        if (read === null || read.head.extras?.o !== whose.digest) ended.push(entry);
        else {
          const endsAt = new Date(read.head.hardEnd as number);
          found.set(entry.name, { name: entry.name, value: read.value, endsAt });
        }
      });
      await this.#prune("list", whose, ended);
    }
    return [...found.values()].sort((a, b) => b.endsAt.getTime() - a.endsAt.getTime());
  }

  async destroyListed(owner: O, name: string): Promise<boolean> {
    const whose = this.#owner("destroyListed", owner);
    if (typeof name !== "string") {
      const context = this.#steps.context("destroyListed");
      throw new InvalidArgumentError(context, "name", "is no text", "Pass a name that list gave. Nothing was sent.");
    }
    const steps = this.#steps;
    const args = ["ZSCORE", whose.index, name];
    const known = command(this.#steps.family, "destroyListed", whose.index, args, owned, commandThat.reads);
    if (name === "" || !(await this.#run(known))) return false;
    const [ended] = await this.#run(steps.end("destroyListed", [name], whose.digest, ""));
    return ended === 1;
  }

  async destroyAll(owner: O): Promise<number> {
    const whose = this.#owner("destroyAll", owner);
    // A session may be rotated after its page was read and before it is ended. Its new token is in the index by then, so
    // it is found by going through once more. A key that is gone does not come back: what was gone before is no reason.
    const done: Done = { count: 0, gone: new Set() };
    try {
      for (let pass = 0; pass < passes; pass += 1) {
        const known = done.gone.size;
        for await (const entries of this.#entries("destroyAll", whose)) {
          await this.#endAll(entries, whose, done);
          await this.#prune("destroyAll", whose, entries);
        }
        if (done.gone.size === known) return done.count;
      }
    } catch (error) {
      // That nothing was sent, or that Redis refused, is true of a step only.
      throw done.count > 0 ? afterOtherSteps(error) : error;
    }
    throw new RefusedError(
      this.#steps.context("destroyAll"),
      "BUSY",
      `sessions went on being rotated or destroyed through ${passes} passes`,
      "Those that were found are ended. Repeat it until it returns.",
      undefined,
      true,
    );
  }

  /** Ends the sessions of a page. */
  async #endAll(entries: readonly Entry[], whose: Owner, done: Done): Promise<void> {
    const slots = new Map<number, string[]>();
    for (const { name } of entries) {
      const slot = keySlot(name);
      const names = slots.get(slot);
      if (names === undefined) slots.set(slot, [name]);
      else names.push(name);
    }
    await this.#all([...slots.values()], async (names) => {
      const ended = await this.#run(this.#steps.end("destroyAll", names, whose.digest, ""));
      for (const [i, name] of names.entries()) {
        if (ended[i] === 1) done.count += 1;
        else if (ended[i] === 0) done.gone.add(name);
      }
    });
  }

  #run<T>(plan: Plan<T>): Promise<T> {
    return this.#executor.run(plan);
  }

  #owner(operation: string, owner: O): Owner {
    if (this.#steps.family.owners !== undefined) return ownerOf(this.#steps.family, this.#prefix, operation, owner);
    throw new MisuseError(
      { family: this.#steps.family.name, operation },
      "the schema knows no owners of these sessions",
      "Declare ownedBy and owners in the schema, and generate again. Nothing was sent.",
    );
  }

  /** The entries of an index, page by page; one may come twice. ZSCAN misses none that is there all the time. */
  async *#entries(operation: string, { index }: Owner): AsyncGenerator<Entry[]> {
    let cursor = "0";
    do {
      const args = ["ZSCAN", index, cursor, "COUNT", String(pageSize)];
      const plan: Plan<ReturnType<typeof page>> = command(
        this.#steps.family,
        operation,
        index,
        args,
        page,
        commandThat.reads,
      );
      const next = await this.#run(plan);
      cursor = next.cursor;
      if (next.entries.length > 0) yield next.entries;
    } while (cursor !== "0");
  }

  /** Every one is waited for, so that nothing runs on when the caller is told of the first error. */
  async #all<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled(items.map(act));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #prune(operation: string, owner: Owner, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const flat = entries.flatMap(({ name, score }) => [name, score]);
    await this.#run(this.#steps.prune(operation, owner.index, flat));
  }
}
