/** Runs a piece of the scenario and tells how long it took and what Redis was sent. */
import { type CommandRecord, recordCommands } from "keywright/testing";
import type { Client } from "./world.js";

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

export class Measuring {
  readonly #record: CommandRecord;

  private constructor(record: CommandRecord) {
    this.#record = record;
  }

  /** Redis's MONITOR, on a connection of its own. It slows the server down, so the times are on the safe side. */
  static async start(url: string, client: Client): Promise<Measuring> {
    return new Measuring(await recordCommands(url, { from: client }));
  }

  async measure<T>(act: () => Promise<T>): Promise<Measured<T>> {
    // What was sent between two measurements may still be on its way to the record.
    await this.#record.waitUntilQuiet();
    this.#record.clear();
    const began = performance.now();
    const result = await act();
    const ms = performance.now() - began;
    await this.#record.waitUntilQuiet();
    return { result, ms, sent: sentCommands(this.#record) };
  }

  stop(): Promise<void> {
    return this.#record.stop();
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

/** The server shows a script's commands behind the call of the script. */
function sentCommands(record: CommandRecord): SentCommand[] {
  const sent: { args: readonly string[]; inside: (readonly string[])[] }[] = [];
  for (const { args, viaLua } of record.entries()) {
    if (viaLua) sent.at(-1)?.inside.push(args);
    else sent.push({ args, inside: [] });
  }
  return sent;
}
