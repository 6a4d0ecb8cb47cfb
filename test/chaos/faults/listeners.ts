/**
 * Faults of the caller's own process.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { onEvent } from "keywright";
import { everywhere, type Fault, onePrimary } from "./fault.js";

export const throwingListener: Fault = {
  name: "throwing-listener",
  what: "A listener of Keywright's events throws at each of them, for 2 s, while connections break.",
  on: everywhere,
  loses: "nothing",
  async happen(scene) {
    const { proxy } = await onePrimary(scene);
    const stop = onEvent(() => {
      throw new Error("thrown by a listener");
    });
    for (let i = 0; i < 10; i++) {
      await sleep(200);
      if (i % 3 === 0) proxy.cut();
    }
    stop();
  },
};
