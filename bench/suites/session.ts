/**
 * `session`: what a request does with a signed-in session.
 *
 * @module
 */
import { onDefaults, untimed } from "../contestants/connect.js";
import * as connectRedis from "../contestants/connect-redis.js";
import { byHand } from "../contestants/session-by-hand.js";
import * as keywright from "../contestants/session-repository.js";
import { RECORDS, TTL_MS } from "../record.js";
import type { Suite } from "../suite.js";

const suite: Suite = {
  title: `A session of about 290 bytes is loaded and its TTL starts anew, ${RECORDS} keys in turn; then save, and create with destroy`,
  baseline: "connect-redis, defaults",
  contestants: [
    {
      name: "connect-redis, defaults",
      does: "store.get, then store.touch (GET, EXPIRE): two round trips; JSON, no validation, no hard end; a timeout of 5 s on each command",
      open: async ({ url, prefix }) => connectRedis.loadAndTouch(await onDefaults(url), prefix),
    },
    {
      name: "connect-redis, timeout off",
      does: "the same without a deadline",
      open: async ({ url, prefix }) => connectRedis.loadAndTouch(await untimed(url), prefix),
    },
    {
      name: "GET + PEXPIRE by hand, timeout off",
      does: "client.get and client.pExpire in one tick: one round trip, the text as it is; no deadline, no hard end",
      async open({ url, prefix }) {
        const client = await untimed(url);
        return byHand(
          client,
          prefix,
          async (key) => (await Promise.all([client.get(key), client.pExpire(key, TTL_MS)]))[0],
        );
      },
    },
    {
      name: "GETEX by hand, timeout off",
      does: "client.getEx: one command, the text as it is; no deadline, no hard end",
      async open({ url, prefix }) {
        const client = await untimed(url);
        return byHand(client, prefix, (key) => client.getEx(key, { type: "PX", value: TTL_MS }));
      },
    },
    {
      name: "EVALSHA by hand, timeout off",
      does: "client.sendCommand of Keywright's own script, the raw reply; no deadline",
      open: async ({ url, prefix }) => keywright.evalLoadAndTouch(await untimed(url), prefix),
    },
    {
      name: "keywright",
      ours: true,
      does: "repository.loadAndTouch: key checked, EVALSHA (GET, PEXPIREAT within the hard end), decoded, validated, deadline 1.5 s",
      open: async ({ url, prefix }) => keywright.loadAndTouch(await onDefaults(url), prefix),
    },
    {
      name: "keywright (superjson, one date)",
      ours: true,
      does: "the same with a Date on the wire superjson",
      open: async ({ url, prefix }) => keywright.loadAndTouchWithDate(await onDefaults(url), prefix),
    },
    {
      name: "connect-redis save, defaults",
      baseline: "connect-redis save, defaults",
      does: "store.set (SET with EX): what was destroyed meanwhile comes back; a timeout of 5 s on each command",
      open: async ({ url, prefix }) => connectRedis.save(await onDefaults(url), prefix),
    },
    {
      name: "connect-redis save, timeout off",
      baseline: "connect-redis save, defaults",
      does: "the same without a deadline",
      open: async ({ url, prefix }) => connectRedis.save(await untimed(url), prefix),
    },
    {
      name: "keywright save",
      ours: true,
      baseline: "connect-redis save, defaults",
      does: "repository.save: validated, encoded, EVALSHA (GETRANGE, SET with PXAT): only where it is there, within the hard end; deadline 1.5 s",
      open: async ({ url, prefix }) => keywright.save(await onDefaults(url), prefix),
    },
    {
      name: "connect-redis create + destroy, defaults",
      baseline: "connect-redis create + destroy, defaults",
      does: "store.set of a new token, then store.destroy; a timeout of 5 s on each command",
      open: async ({ url, prefix }) => connectRedis.signInAndOut(await onDefaults(url), prefix),
    },
    {
      name: "connect-redis create + destroy, timeout off",
      baseline: "connect-redis create + destroy, defaults",
      does: "the same without a deadline",
      open: async ({ url, prefix }) => connectRedis.signInAndOut(await untimed(url), prefix),
    },
    {
      name: "keywright create + destroy",
      ours: true,
      baseline: "connect-redis create + destroy, defaults",
      does: "repository.create of a new token (EVALSHA: refused where there is one, SET with PXAT), then repository.destroy; deadline 1.5 s",
      open: async ({ url, prefix }) => keywright.signInAndOut(await onDefaults(url), prefix),
    },
  ],
  goals: [
    { contestant: "keywright", against: "connect-redis, defaults", inFlight: 64, atLeast: 2 },
    { contestant: "keywright", against: "connect-redis, timeout off", inFlight: 64, atLeast: 1 },
    { contestant: "keywright save", against: "connect-redis save, defaults", inFlight: 64, atLeast: 1 },
    {
      contestant: "keywright create + destroy",
      against: "connect-redis create + destroy, defaults",
      inFlight: 64,
      atLeast: 1,
    },
  ],
};

export default suite;
