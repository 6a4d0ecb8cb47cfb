/**
 * Faults of the caller's own process.
 *
 * @module
 */
import type { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { onEvent } from "keywright";
import { everywhere, type Fault, onePrimary } from "./fault.js";

/** What the listeners of these faults throw: where Node makes an uncaught exception of it, it is the caller's own. */
export class ThrownByListener extends Error {}

const thrower = (): never => {
  throw new ThrownByListener("thrown by a listener");
};

export const throwingListener: Fault = {
  name: "throwing-listener",
  what: "A listener of Keywright's events throws at each of them, for 2 s, while connections break.",
  on: everywhere,
  loses: "nothing",
  async happen(scene) {
    const { proxy } = await onePrimary(scene);
    const stop = onEvent(thrower);
    for (let i = 0; i < 10; i++) {
      await sleep(200);
      if (i % 3 === 0) proxy.cut();
    }
    stop();
  },
};

/** What clients of all topologies emit about their connections; `error` has a listener that is silent. */
const emitted = ["connect", "ready", "reconnecting", "end", "error", "node-error", "node-ready", "topology-change"];

export const throwingClientListener: Fault = {
  name: "throwing-client-listener",
  what: "The caller's own listeners on the client throw at each connection that is lost or made, for 2 s.",
  on: everywhere,
  loses: "nothing",
  recovers: false,
  async happen(scene) {
    const { proxy } = await onePrimary(scene);
    const client = scene.client as EventEmitter;
    for (const event of emitted) client.on(event, thrower);
    for (let i = 0; i < 4; i++) {
      proxy.cut();
      await sleep(500);
    }
    for (const event of emitted) client.off(event, thrower);
  },
};
