/**
 * What Redis fails at is tried again for some seconds: a migration takes hours, and a failover may come in any of them.
 *
 * @module
 */
import { KeywrightError } from "../runtime/errors.js";
import { isOutage, serverReply } from "../runtime/failure.js";
import { MigrationRefusal, MigrationStopped } from "./refusal.js";

/** Pauses between attempts, in milliseconds. */
const pauses = [50, 100, 250, 500, 1000, 2000, 4000];

/** What a server says for good. */
const final = new Set(["ERR", "NOAUTH", "NOPERM", "WRONGPASS", "WRONGTYPE"]);
/** The client's own errors, which are about a connection. */
const ofConnections = /^(Client|Connection|Disconnect|NotSent|Reconnect|Socket|Timeout)/;

/** True for what may go away by itself. */
function mayPass(error: unknown): boolean {
  if (error instanceof MigrationRefusal) return false;
  if (error instanceof KeywrightError) return isOutage(error);
  const reply = serverReply(error);
  if (reply !== undefined) return !final.has(reply);
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" || ofConnections.test((error as Error).constructor.name);
}

/**
 * @param work must be safe to repeat
 * @throws MigrationStopped where it failed to the end; whatever else it throws, at once
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  try {
    return await work();
  } catch (error) {
    throw mayPass(error) ? new MigrationStopped(error) : error;
  }
}
