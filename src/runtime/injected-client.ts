/**
 * What is looked at once when a service hands its client over. Nothing is changed about it, and no listener attached.
 *
 * @module
 */
import { MisuseError } from "./errors.js";

const looked = new WeakSet<object>();

/**
 * @throws MisuseError where the client has a `keyPrefix`: commands that are sent as they are bypass it, so that the
 * same client would use other keys for its own commands than for those of the repositories
 */
export function inspectClient(client: object, store: string): void {
  if ((client as { _keyPrefix?: unknown })._keyPrefix !== undefined) {
    throw new MisuseError(
      { family: "createRepositories", operation: "client" },
      `the client of the store "${store}" has a keyPrefix, which the repositories' commands bypass`,
      "Leave keyPrefix out and give createRepositories the option prefix.",
    );
  }
  if (looked.has(client)) return;
  looked.add(client);
  // Not at once: a service may well attach its listener in the line after this one.
  setImmediate(warnOfNoErrorListener, client, store);
}

/** Node ends a process when an emitter without a listener emits `error`, and a client does so when its connection breaks. */
function warnOfNoErrorListener(client: { listenerCount?(event: string): number }, store: string): void {
  if (client.listenerCount?.("error") !== 0) return;
  process.emitWarning(
    `The Redis client of the store "${store}" has no "error" listener, so the first broken connection ends this process.`,
    {
      type: "KeywrightWarning",
      code: "KEYWRIGHT_NO_ERROR_LISTENER",
      detail: 'Add client.on("error", …) where you create it.',
    },
  );
}
