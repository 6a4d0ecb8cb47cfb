/**
 * What the options of a client leave without a bound, so that one failure may last for ever.
 *
 * @module
 */

/** The options of one connection of node-redis, as far as they bound its failures. */
export interface ConnectionOptions {
  readonly socket?: {
    readonly connectTimeout?: number;
    readonly socketTimeout?: number;
    readonly reconnectStrategy?: unknown;
  };
  readonly pingInterval?: number;
}

/** An option that is missing, or bounds nothing, and what comes of it. */
export interface UnboundedOption {
  readonly option: string;
  readonly why: string;
}

/** The options that leave a failure unbounded; none where all is well. */
export function unboundedOptions({ socket = {}, pingInterval = 0 }: ConnectionOptions): UnboundedOption[] {
  const { connectTimeout, socketTimeout = 0, reconnectStrategy } = socket;
  const found: UnboundedOption[] = [];
  const lacks = (option: string, why: string): void => {
    found.push({ option, why });
  };
  // Left out it is 5 s.
  if (connectTimeout === 0) lacks("socket.connectTimeout", "a connection that is not made is waited for");
  if (socketTimeout === 0) lacks("socket.socketTimeout", "a server that hangs keeps its connection");
  if (reconnectStrategy === false) lacks("socket.reconnectStrategy", "the first broken connection closes the client");
  // The default of node-redis tries again after any failure but this one.
  else if (reconnectStrategy === undefined && socketTimeout > 0) {
    lacks("socket.reconnectStrategy", "without it the first socketTimeout closes the client for good");
  }
  if (pingInterval === 0) lacks("pingInterval", "a connection that is idle is not known to be broken");
  else if (socketTimeout > 0 && pingInterval >= socketTimeout) {
    lacks("pingInterval", "it is not below the socketTimeout, which breaks every idle connection");
  }
  return found;
}
