/** Runs a piece of the scenario and tells how long it took and what Redis was sent. */
import { type CommandRecord, recordCommands } from "keywright/testing";

/** A command that a service sent, and what ran inside it where it called a script. */
export interface SentCommand {
  readonly args: readonly string[];
  readonly inside: readonly (readonly string[])[];
}

export interface Measured<T> {
  readonly result: T;
  readonly ms: number;
  readonly sent: readonly SentCommand[];
}

/** A server, and the connection to it whose commands are meant. */
export interface Watched {
  readonly url: string;
  readonly client: { sendCommand(args: string[]): Promise<unknown> };
}

export class Measuring {
  readonly #records: readonly CommandRecord[];

  private constructor(records: readonly CommandRecord[]) {
    this.#records = records;
  }

  /** Redis's MONITOR, on connections of its own. It slows the servers down, so the times are on the safe side. */
  static async start(servers: readonly Watched[]): Promise<Measuring> {
    return new Measuring(await Promise.all(servers.map(({ url, client }) => recordCommands(url, { from: client }))));
  }

  async measure<T>(act: () => Promise<T>): Promise<Measured<T>> {
    // What was sent between two measurements may still be on its way to the record.
    await this.#quiet();
    for (const record of this.#records) record.clear();
    const began = performance.now();
    const result = await act();
    const ms = performance.now() - began;
    await this.#quiet();
    return { result, ms, sent: this.#records.flatMap(sentCommands) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#records.map((record) => record.stop()));
  }

  async #quiet(): Promise<void> {
    await Promise.all(this.#records.map((record) => record.waitUntilQuiet()));
  }
}

/** The TTL in milliseconds that the write of a key carried, by itself or in its script. */
export function ttlWritten({ sent }: Measured<unknown>, key: string): number | undefined {
  for (const { args, inside } of sent) {
    const at = args[0] === "SET" && args[1] === key ? args.indexOf("PX") : -1;
    if (at !== -1) return Number(args[at + 1]);
    const expiry = inside.find(([name, whose]) => name?.toUpperCase() === "PEXPIRE" && whose === key);
    if (expiry !== undefined) return Number(expiry[2]);
  }
  return undefined;
}

/**
 * The server shows a script's commands behind the call of the script. The client's own signs of life (its `pingInterval`)
 * belong to no operation.
 */
function sentCommands(record: CommandRecord): SentCommand[] {
  const sent: { args: readonly string[]; inside: (readonly string[])[] }[] = [];
  for (const { args, viaLua } of record.entries()) {
    if (viaLua) sent.at(-1)?.inside.push(args);
    else if (args[0] !== "PING") sent.push({ args, inside: [] });
  }
  return sent;
}
