/**
 * Faults of the way to the servers, by the proxies.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { everywhere, type Fault, onePrimary } from "./fault.js";

export const reset: Fault = {
  name: "reset",
  what: "All connections of a primary break, ten times in a row.",
  on: everywhere,
  loses: "nothing",
  async happen(scene) {
    const { proxy } = await onePrimary(scene);
    for (let i = 0; i < 10; i++) {
      proxy.cut();
      await sleep(scene.draw.int(20, 200));
    }
  },
};

export const blackhole: Fault = {
  name: "blackhole",
  what: "For 3 s nothing passes to or from a primary, and then all that was held back does.",
  on: everywhere,
  loses: "nothing",
  async happen(scene) {
    const { proxy } = await onePrimary(scene);
    proxy.blackhole(true);
    await sleep(3000);
    proxy.blackhole(false);
  },
};

export const silence: Fault = {
  name: "silence",
  what: "The connections that a primary has now stay open and silent for ever; new ones pass.",
  on: everywhere,
  loses: "nothing",
  async happen(scene) {
    (await onePrimary(scene)).proxy.silence();
  },
};

export const slow: Fault = {
  name: "slow",
  what: "For 3 s every byte to and from the primaries is late, now by 20 ms, now by more than most deadlines.",
  on: everywhere,
  loses: "nothing",
  async happen({ servers, draw }) {
    for (let i = 0; i < 10; i++) {
      for (const { proxy } of servers.nodes) proxy.delay(draw.one([20, 120, 400]));
      await sleep(300);
    }
    for (const { proxy } of servers.nodes) proxy.delay(0);
  },
};

export const cut: Fault = {
  name: "cut",
  what: "Connections break in the middle of a request or an answer, at a byte by chance, for 3 s.",
  on: everywhere,
  loses: "nothing",
  async happen(scene) {
    const { proxy } = await onePrimary(scene);
    const end = performance.now() + 3000;
    while (performance.now() < end) {
      proxy.cutAfterBytes(scene.draw.int(0, 4000), scene.draw.one(["toServer", "toClient"]));
      await sleep(scene.draw.int(30, 150));
    }
  },
};
