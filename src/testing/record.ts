import { randomUUID } from "node:crypto";
import { createClient } from "redis";

/** One command as the server saw it. */
export interface RecordedCommand {
  /** The words, the command's name first, as the client wrote it. */
  readonly args: string[];
  /** A script ran it; `false` is what a client sent, the EVALSHA itself included. */
  readonly viaLua: boolean;
  /** `host:port` of the client's end; empty where a script ran it. */
  readonly client: string;
}

export interface RecordOptions {
  /**
   * Record this client only (and what scripts run meanwhile): a client, or its address as CLIENT INFO gives it in
   * `addr`. A pool, Cluster or Sentinel client has many connections and cannot be named.
   */
  readonly from?: string | { sendCommand(args: string[]): Promise<unknown> };
}

export interface CommandRecord {
  /** What clients sent, without what scripts ran. */
  commands(): string[][];
  /** Everything, in the server's order. */
  entries(): RecordedCommand[];
  /** Forgets what was recorded so far. */
  clear(): void;
  /**
   * Resolves when everything that the server has run up to now is recorded: a marker is sent and awaited. Await your
   * own operation before.
   */
  waitUntilQuiet(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Records the commands that one server runs, by MONITOR on a connection of its own. In a Cluster record each node. It
 * slows the server down: for tests and demonstrations. Authentication is not shown by the server.
 */
export async function recordCommands(url: string, options: RecordOptions = {}): Promise<CommandRecord> {
  const monitor = createClient({ url });
  const marker = createClient({ url });
  const recorded: RecordedCommand[] = [];
  const awaited = new Map<string, () => void>();
  for (const client of [monitor, marker]) client.on("error", () => undefined);
  await Promise.all([monitor.connect(), marker.connect()]);
  const wanted = typeof options.from === "object" ? await addressOf(options.from) : options.from;
  const own = await addressOf(marker);

  let isWanted = false;
  await monitor.monitor((line) => {
    // A listener that throws would desynchronise the connection.
    const command = parseMonitorLine(String(line));
    if (command === undefined) return;
    if (command.client === own) {
      isWanted = false;
      awaited.get(command.args[1] ?? "")?.();
      return;
    }
    // What a script sends stands behind the call of the script, and is its caller's.
    if (!command.viaLua) isWanted = wanted === undefined || command.client === wanted;
    if (isWanted) recorded.push(command);
  });

  return {
    commands: () => recorded.filter(({ viaLua }) => !viaLua).map(({ args }) => [...args]),
    entries: () => recorded.map((command) => ({ ...command, args: [...command.args] })),
    clear: () => void recorded.splice(0),
    async waitUntilQuiet() {
      const id = randomUUID();
      const seen = new Promise<void>((done) => awaited.set(id, done));
      await marker.sendCommand(["ECHO", id]);
      await seen;
      awaited.delete(id);
    },
    async stop() {
      monitor.destroy();
      await marker.close();
    },
  };
}

async function addressOf(client: { sendCommand(args: string[]): Promise<unknown> }): Promise<string> {
  const info = String(await client.sendCommand(["CLIENT", "INFO"]));
  return /(?:^| )addr=(\S+)/.exec(info)?.[1] ?? "";
}

const LINE = /^\d+\.\d+ \[\d+ ([^\]]*(?:\]:\d+)?)\] (.*)$/s;
const WORD = /"([^"\\]*(?:\\.[^"\\]*)*)"/gs;

/** Words in quotes as Redis writes them: quotes and backslashes inside are escaped. */
const QUOTED = /^"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*$/s;

/** Reads `1339518083.107412 [0 127.0.0.1:60866] "set" "k" "v"`; scripts have `[0 lua]` for an address. */
export function parseMonitorLine(line: string): RecordedCommand | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, source, words] = match as unknown as [string, string, string];
  const args = QUOTED.test(words)
    ? [...words.matchAll(WORD)].map((word) => unquote(word[1] as string))
    : words.slice(1, -1).split('" "').map(unescaped);
  return { args, viaLua: source === "lua", client: source === "lua" ? "" : source };
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", a: "\u0007", b: "\b" };

/**
 * Valkey 8.1 escapes neither quotes nor backslashes, so that a word ends where a quote, a blank and a quote stand; a
 * backslash before one of these letters may then be the value's own.
 */
function unescaped(text: string): string {
  const bytes = text.replace(/\\(?:x([0-9a-f]{2})|([nrtab]))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (ESCAPES[letter] as string) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** The server shows every byte that is not printable ASCII as `\xHH`; together they are UTF-8. */
function unquote(text: string): string {
  if (!text.includes("\\")) return text;
  const bytes = text.replace(/\\(?:x([0-9a-f]{2})|(.))/gs, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
