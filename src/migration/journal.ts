/**
 * How far a task is, in a file: a run that was ended goes on where its last whole batch ended. A batch that was under way is
 * done again, which changes nothing.
 *
 * A cursor belongs to one server of one start; a journal is therefore taken up only on the same Redis, for the same schema,
 * family, phase and prefix.
 *
 * @module
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Server, sameServers } from "./primaries.js";
import { MigrationRefusal } from "./refusal.js";

/** What a journal is about. */
export interface JournalHead {
  readonly task: string;
  readonly keyspace: string;
  readonly family: string;
  readonly from: string;
  readonly to: string;
  /** The hash of the schema without its phases. */
  readonly schema: string;
  readonly phase: string;
  readonly prefix: string;
}

export interface JournalText extends JournalHead {
  readonly journal: 1;
  readonly servers: readonly Server[];
  readonly began: string;
  readonly updated: string;
  /** null while it is under way. */
  readonly ended: string | null;
  /** By pattern and by the server's run id: the next cursor, or `done`. */
  readonly scans: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** How often it is written, in milliseconds. */
const saveEvery = 500;

const fields: readonly (readonly [keyof JournalHead, string])[] = [
  ["task", "task"],
  ["keyspace", "keyspace"],
  ["family", "family"],
  ["from", "old pattern"],
  ["to", "pattern"],
  ["schema", "schema"],
  ["prefix", "prefix"],
];

const anew = "Give --anew to drop it and begin from the start: what is done already is found to be so.";

/** What is in the file; undefined where there is none. */
export function readJournal(file: string): JournalText | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  let parsed: Partial<JournalText> | null;
  try {
    parsed = JSON.parse(text) as Partial<JournalText> | null;
  } catch {
    parsed = null;
  }
  if (parsed?.journal === 1) return parsed as JournalText;
  throw new MigrationRefusal(`${file} is no journal of this version`, anew);
}

/** Written as a whole: a reader, or a crash, finds the old text or the new one. */
export function writeWhole(file: string, value: object): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(temporary, file);
}

export class Journal {
  readonly head: JournalHead;
  readonly counts: Record<string, number>;
  /** True where it goes on from an earlier run. */
  readonly resumed: boolean;
  readonly #file: string | undefined;
  #servers: readonly Server[];
  #began: string;
  #scans: Record<string, Record<string, string>>;
  #saved = 0;

  private constructor(file: string | undefined, head: JournalHead, servers: readonly Server[], from?: JournalText) {
    this.#file = file;
    this.head = head;
    this.resumed = from !== undefined;
    this.#servers = servers;
    this.#began = from?.began ?? new Date().toISOString();
    this.#scans = structuredClone((from?.scans ?? {}) as Record<string, Record<string, string>>);
    this.counts = { ...from?.counts };
  }

  /** Of a run that keeps none. */
  static none(head: JournalHead, servers: readonly Server[]): Journal {
    return new Journal(undefined, head, servers);
  }

  /**
   * Takes up the journal in the file, or begins one.
   *
   * @param drop begins from the start, whatever is there
   * @throws MigrationRefusal where what is there is of another schema, family, phase or Redis
   */
  static open(file: string, head: JournalHead, servers: readonly Server[], drop: boolean): Journal {
    const found = drop ? undefined : readJournal(file);
    if (found === undefined) return new Journal(file, head, servers);
    const refuse = (words: string): never => {
      throw new MigrationRefusal(`${file} is a journal of another ${words}`, anew);
    };
    // That of a run which has ended is the record of it, and is replaced by the next run's.
    if (found.ended !== null) return new Journal(file, head, servers);
    for (const [field, words] of fields) {
      if (found[field] !== head[field]) refuse(`${words} (${String(found[field])}, and now it is ${head[field]})`);
    }
    if (found.phase !== head.phase) refuse(`phase (${found.phase}, and now it is ${head.phase})`);
    if (!sameServers(found.servers, servers)) {
      const here = servers.map(({ address }) => address).join(", ");
      refuse(
        `Redis than ${here} (${found.servers.map(({ address }) => address).join(", ")}, as it ran and was divided then)`,
      );
    }
    return new Journal(file, head, servers, found);
  }

  /** The next cursor; undefined where all is done. */
  cursor(pattern: string, { runId }: Server): string | undefined {
    const at = this.#scans[pattern]?.[runId] ?? "0";
    return at === "done" ? undefined : at;
  }

  /** All up to the cursor is done; "0" ends the server's part. */
  passed(pattern: string, { runId }: Server, cursor: string): void {
    const scan = this.#scans[pattern] ?? {};
    scan[runId] = cursor === "0" ? "done" : cursor;
    this.#scans[pattern] = scan;
    if (performance.now() - this.#saved >= saveEvery) this.save();
  }

  /** Slots went to other servers meanwhile: all is scanned again. */
  again(servers: readonly Server[]): void {
    this.#servers = servers;
    this.#scans = {};
    for (const name of Object.keys(this.counts)) delete this.counts[name];
    this.save();
  }

  count(name: string, by = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  save(ended = false): void {
    if (this.#file === undefined) return;
    this.#saved = performance.now();
    const now = new Date().toISOString();
    const text: JournalText = {
      journal: 1,
      ...this.head,
      servers: this.#servers,
      began: this.#began,
      updated: now,
      ended: ended ? now : null,
      scans: this.#scans,
      counts: this.counts,
    };
    writeWhole(this.#file, text);
  }
}
