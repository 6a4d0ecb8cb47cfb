/**
 * What happens in the runtime is published on one diagnostics channel, `keywright:event`. Nothing is built, and
 * nothing is paid, while nobody listens. Labels are of low cardinality; a key appears only as its family's pattern.
 *
 * @module
 */
import { channel } from "node:diagnostics_channel";
import type { ErrorCode } from "./errors.js";
import type { Family } from "./family.js";

/** The outcome of one operation, or of one attempt of it. */
export interface CallEvent {
  /**
   * - `ok`: the operation ended well; `hit` and `miss`: a read that found or did not find its key
   * - `error`: the caller got an error, `code` says which
   * - `undecodable`: a stored value did not decode (whether the caller got an error or a declared miss)
   * - `newer-version`: a stored value is of a newer version of the schema, and was passed over
   * - `degraded`: Redis failed, and the caller got no error: the family's declared answer was given instead, a load stands
   *   in, or an invalidation says that it was not applied. In the place of `error`
   * - `fill`: a load of a cache was stored; `ms` since the load began
   * - `fill-dropped`: it was not, since the key was written or invalidated meanwhile
   * - `load-failed`: the loader of a cache threw, was too slow (`code`), or gave what the schema refuses (`code`)
   * - `late-reply`: an answer came after its deadline and was dropped
   * - `script-loaded`: the server did not know a script, which was sent whole
   * - `batch-split`: a batched read was refused and its reads were repeated one by one
   * - `read-fallback`: the read client failed of `code`, or has no connection, so the write client is asked in its place
   * - `retry`: an attempt failed of `code`, was not applied, and is made again; also where the slot is on the move (TRYAGAIN)
   * - `old-key-read`: a family moves, and the old key answered a read that had asked the new one first
   * - `mirror-failed`: a family moves, and a later step of a change failed after an earlier one was applied
   * - `join-lost`: a family moves, and the other key already had something later than what was written
   */
  readonly type:
    | "ok"
    | "hit"
    | "miss"
    | "error"
    | "undecodable"
    | "newer-version"
    | "degraded"
    | "fill"
    | "fill-dropped"
    | "load-failed"
    | "late-reply"
    | "script-loaded"
    | "batch-split"
    | "read-fallback"
    | "retry"
    | "old-key-read"
    | "mirror-failed"
    | "join-lost";
  readonly family: string;
  readonly operation: string;
  /** The family's pattern, never the key. */
  readonly pattern: string;
  /** Milliseconds since the call began, where the event ends a call. */
  readonly ms?: number;
  readonly code?: ErrorCode;
}

/**
 * What became of a node's breaker.
 *
 * - `breaker-opened`: calls on the node are refused from now on; `code` says what the last failure was
 * - `breaker-half-open`: a PING was sent to it
 * - `breaker-closed`: it was answered, and calls go on; or there is no such node any more, in a Cluster that changed or
 *   in repositories that were closed
 */
export interface BreakerEvent {
  readonly type: "breaker-opened" | "breaker-half-open" | "breaker-closed";
  /** The store's name in the schema. */
  readonly store: string;
  /** The node's address in a Cluster; else `client`, `pool` or `primary`. */
  readonly node: string;
  readonly code?: ErrorCode;
  readonly family?: undefined;
  readonly operation?: undefined;
  readonly pattern?: undefined;
  readonly ms?: undefined;
}

/**
 * What is to be said of a client.
 *
 * - `unbounded-client`: its `options` lack what bounds its failures; see `recommendedClientOptions`
 * - `client-error`: a client that `openStore` made has emitted an error; `reason` says of which kind
 */
export interface ClientEvent {
  readonly type: "unbounded-client" | "client-error";
  /** The store's name in the schema; of `openStore` the name that it was given. */
  readonly store: string;
  readonly options?: readonly string[];
  /** A code such as `ECONNREFUSED`, or the name of the error's class. */
  readonly reason?: string;
  readonly family?: undefined;
  readonly operation?: undefined;
  readonly pattern?: undefined;
  readonly ms?: undefined;
  readonly code?: undefined;
}

export type KeywrightEvent = CallEvent | BreakerEvent | ClientEvent;

export const eventChannelName = "keywright:event";

/** Publishers ask `events.hasSubscribers` before they build an event. */
export const events = channel(eventChannelName);

/** Publishes one event; call it only where `events.hasSubscribers`. */
export function publish(
  type: CallEvent["type"],
  family: Family,
  operation: string,
  more?: Pick<CallEvent, "ms" | "code">,
): void {
  events.publish({ type, family: family.name, operation, pattern: family.pattern, ...more } satisfies CallEvent);
}

/** Publishes what became of a breaker; call it only where `events.hasSubscribers`. */
export function publishBreaker(type: BreakerEvent["type"], store: string, node: string, code?: ErrorCode): void {
  events.publish({ type, store, node, ...(code === undefined ? {} : { code }) } satisfies BreakerEvent);
}

/** Publishes what is to be said of a client; call it only where `events.hasSubscribers`. */
export function publishClient(
  type: ClientEvent["type"],
  store: string,
  more: Pick<ClientEvent, "options" | "reason">,
): void {
  events.publish({ type, store, ...more } satisfies ClientEvent);
}

/**
 * Listens to the runtime's events; returns the function that stops listening. A listener that throws harms no call,
 * and its error is dropped. (Who subscribes to the channel by `node:diagnostics_channel` itself harms no call either,
 * but Node makes an uncaught exception of the error, which ends the process.)
 */
export function onEvent(listener: (event: KeywrightEvent) => void): () => void {
  const guarded = (message: unknown): void => {
    try {
      listener(message as KeywrightEvent);
    } catch {
      // The event bus must not take a service down; the listener owns its errors.
    }
  };
  events.subscribe(guarded);
  return () => {
    events.unsubscribe(guarded);
  };
}
