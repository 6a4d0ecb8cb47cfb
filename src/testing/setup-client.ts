import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";

/** A plain connection to one server, for setting it up. */
export interface SetupClient {
  call(...args: string[]): Promise<unknown>;
  close(): void;
}

/** Connects to a server that is just starting: tries again until it answers or `timeout` milliseconds are over. */
export async function connectTo(port: number, timeout: number, signal?: AbortSignal): Promise<SetupClient> {
  const deadline = Date.now() + timeout;
  for (;;) {
    signal?.throwIfAborted();
    const client = createClient({
      RESP: 2,
      socket: { host: "127.0.0.1", port, reconnectStrategy: false, connectTimeout: 2_000, socketTimeout: 10_000 },
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.sendCommand(["PING"]);
      return {
        call: (...args) => client.sendCommand(args),
        close: () => {
          if (client.isOpen) client.destroy();
        },
      };
    } catch (error) {
      if (client.isOpen) client.destroy();
      if (Date.now() > deadline) {
        throw new Error(`keywright/testing: the server on port ${port} does not answer: ${(error as Error).message}`);
      }
    }
    await sleep(20);
  }
}

/** Lines `name:value` as INFO and CLUSTER INFO give them. */
export function parseInfo(reply: unknown): Record<string, string> {
  const lines = String(reply).matchAll(/^([^#:\r\n][^:\r\n]*):(.*?)\r?$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name as string, value as string]));
}

/**
 * Asks again and again until `unready` gives no reason any more.
 *
 * @throws Error with the last reason when `timeout` milliseconds are over.
 */
export async function waitUntilReady(
  what: string,
  timeout: number,
  unready: () => Promise<string | undefined>,
): Promise<void> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const reason = await unready().catch((error: Error) => error.message);
    if (reason === undefined) return;
    if (Date.now() > deadline) {
      throw new Error(`keywright/testing: the ${what} was not ready after ${timeout / 1000} s: ${reason}`);
    }
    await sleep(50);
  }
}
