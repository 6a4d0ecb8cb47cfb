/**
 * Samples of the keyspace that the tests share: few keys, so that operations meet, and values that its schema takes.
 *
 * @module
 */
import type { Draw } from "./draw.js";
import type { OwnSamples, Samples } from "./operations/operations.js";

const users = ["8a6e0804-2bd0-4672-b79d-d97027f9071a", "0b9e9a2e-2c1f-4b7a-9d0c-6a51f2f4a6d7"] as const;
const tokens = ["00aa", "11bb", "22cc"] as const;

const user = (draw: Draw) => draw.one(users);
const room = (draw: Draw) => ({ roomId: draw.int(1, 2) });
const session = (draw: Draw) => ({ token: draw.one(tokens) });
const nothing = () => undefined;

const digits = (number: number, length: number, base = 16) => number.toString(base).padStart(length, "0");
/** The uuid of a key's number and a number of its own. */
const uuid = (n: number, i = 0) => `${digits(n, 8)}-0000-4000-8000-${digits(i, 12)}`;
const at = (n: number, i: number) => new Date(n * 1e6 + i);
/** A number in the words that a flag's name may have. */
const words = (n: number) => digits(n, 1, 26).replace(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] as string);

const ownRoom = (n: number, other: boolean) => ({ roomId: n * 2 + Number(other) });
const ownUser = (n: number, other: boolean) => ({ roomId: n, userId: uuid(n, Number(other)) });
const ownToken = (n: number, other: boolean) => ({ token: digits(n * 2 + Number(other), 16) });
const own = <K, V>(key: OwnSamples<K, V>["key"], value: OwnSamples<K, V>["value"]): OwnSamples<K, V> => ({
  key,
  value,
});

/** By the family's name; a test holds that none is missing. */
export const samplesOfRooms: Readonly<Record<string, Samples>> = {
  avatar: {
    key: room,
    value: (draw) => Buffer.alloc(draw.int(0, 64), draw.int(0, 255)),
    own: own(ownRoom, (n, i) => Buffer.from(`${n}/${i}`)),
  },
  doorCode: {
    key: room,
    value: (draw) => draw.one(["123456", "654321"]),
    own: own(ownRoom, (n, i) => digits((n * 2 + i) % 1e6, 6, 10)),
  },
  flag: {
    key: (draw) => ({ name: draw.one(["dark", "beta-search"]) }),
    value: (draw) => draw.oneIn(2),
    own: own(
      (n, other) => ({ name: `${words(n)}-${other ? "b" : "a"}` }),
      (_, i) => i % 2 === 0,
    ),
  },
  guest: {
    key: session,
    value: (draw) => ({ name: draw.hex(8) }),
    own: own(ownToken, (n, i) => ({ name: `${n}/${i}` })),
  },
  here: { key: room, value: user, own: own(ownRoom, uuid) },
  invite: {
    key: session,
    value: (draw) => ({ roomId: draw.int(1, 2), invitedBy: user(draw) }),
    own: own(ownToken, (n, i) => ({ roomId: i, invitedBy: uuid(n) })),
  },
  joinToken: {
    key: (draw) => ({ ...room(draw), ...session(draw) }),
    value: (draw) => ({ userId: user(draw), since: new Date(draw.int(0, 1e9)) }),
    own: own(
      (n, other) => ({ roomId: n, ...ownToken(n, other) }),
      (n, i) => ({ userId: uuid(n), since: at(n, i) }),
    ),
  },
  messages: {
    key: room,
    value: (draw) => ({ id: user(draw), from: user(draw), body: draw.hex(16), at: new Date(draw.int(0, 1e9)) }),
    own: own(ownRoom, (n, i) => ({ id: uuid(n, i), from: uuid(n), body: "said", at: at(n, i) })),
  },
  nearby: { key: room, value: user, own: own(ownRoom, uuid) },
  posts: { key: (draw) => ({ ...room(draw), userId: user(draw) }), value: nothing, own: own(ownUser, nothing) },
  profile: {
    key: (draw) => ({ userId: user(draw) }),
    value: (draw) => ({ name: draw.hex(8), joined: new Date(draw.int(0, 1e9)) }),
    own: own(
      (n, other) => ({ userId: uuid(n, Number(other)) }),
      (n, i) => ({ name: `${n}/${i}`, joined: at(n, i) }),
    ),
  },
  seen: {
    key: (draw) => ({ ...room(draw), userId: user(draw) }),
    value: (draw) => draw.int(0, 1000),
    own: own(ownUser, (n, i) => n * 1000 + i),
  },
  sent: { key: room, value: nothing, own: own(ownRoom, nothing) },
  taskCount: { key: () => ({}), value: nothing },
  topic: {
    key: room,
    value: (draw) => ({ text: draw.hex(8), since: new Date(draw.int(0, 1e9)) }),
    own: own(ownRoom, (n, i) => ({ text: `${n}/${i}`, since: at(n, i) })),
  },
  webSession: {
    key: session,
    value: (draw) => ({ userId: user(draw), signedInAt: new Date(draw.int(0, 1e9)) }),
    owner: user,
    own: own(ownToken, (n, i) => ({ userId: uuid(n), signedInAt: at(n, i) })),
  },
};
