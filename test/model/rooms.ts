/**
 * Samples of the keyspace that the tests share: few keys, so that operations meet, and values that its schema takes.
 *
 * @module
 */
import type { Draw } from "./draw.js";
import type { Samples } from "./operations/operations.js";

const users = ["8a6e0804-2bd0-4672-b79d-d97027f9071a", "0b9e9a2e-2c1f-4b7a-9d0c-6a51f2f4a6d7"] as const;
const tokens = ["00aa", "11bb", "22cc"] as const;

const user = (draw: Draw) => draw.one(users);
const room = (draw: Draw) => ({ roomId: draw.int(1, 2) });
const session = (draw: Draw) => ({ token: draw.one(tokens) });
const nothing = () => undefined;

/** By the family's name; a test holds that none is missing. */
export const samplesOfRooms: Readonly<Record<string, Samples>> = {
  avatar: { key: room, value: (draw) => Buffer.alloc(draw.int(0, 64), draw.int(0, 255)) },
  doorCode: { key: room, value: (draw) => draw.one(["123456", "654321"]) },
  flag: { key: (draw) => ({ name: draw.one(["dark", "beta-search"]) }), value: (draw) => draw.oneIn(2) },
  guest: { key: session, value: (draw) => ({ name: draw.hex(8) }) },
  here: { key: room, value: user },
  invite: { key: session, value: (draw) => ({ roomId: draw.int(1, 2), invitedBy: user(draw) }) },
  joinToken: {
    key: (draw) => ({ ...room(draw), ...session(draw) }),
    value: (draw) => ({ userId: user(draw), since: new Date(draw.int(0, 1e9)) }),
  },
  messages: {
    key: room,
    value: (draw) => ({ id: user(draw), from: user(draw), body: draw.hex(16), at: new Date(draw.int(0, 1e9)) }),
  },
  nearby: { key: room, value: user },
  posts: { key: (draw) => ({ ...room(draw), userId: user(draw) }), value: nothing },
  profile: {
    key: (draw) => ({ userId: user(draw) }),
    value: (draw) => ({ name: draw.hex(8), joined: new Date(draw.int(0, 1e9)) }),
  },
  seen: { key: (draw) => ({ ...room(draw), userId: user(draw) }), value: (draw) => draw.int(0, 1000) },
  sent: { key: room, value: nothing },
  taskCount: { key: () => ({}), value: nothing },
  topic: { key: room, value: (draw) => ({ text: draw.hex(8), since: new Date(draw.int(0, 1e9)) }) },
  webSession: {
    key: session,
    value: (draw) => ({ userId: user(draw), signedInAt: new Date(draw.int(0, 1e9)) }),
    owner: user,
  },
};
