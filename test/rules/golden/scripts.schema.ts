// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none, script, tagScopes } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const because = "it changes together";
const scopes = tagScopes({ room: { tag: "{<roomId>}", because }, user: { tag: "{<userId>}", because } });
const posts = counter("a1:{<roomId>}", { ...said, tag: scopes.room, ttl: "1h" });
const ofDay = counter("a2:{<roomId>}:<day:date>", { ...said, tag: scopes.room, ttl: "1h" });
const ofWord = counter("a3:{<roomId>}:<day>", { ...said, tag: scopes.room, ttl: "1h" });
const sent = counter("a4:{<userId>}", { ...said, tag: scopes.user, ttl: "1h" });
const moving = counter("a6:{<roomId>}", {
  ...said,
  tag: scopes.room,
  ttl: "1h",
  moved: { from: "b6:<roomId>", phase: "follow", until: "2027-01-31" },
});
const elsewhere = counter("a5:<id>", { ...said, ttl: "1h" });
const count = { purpose: "Counts a post.", keys: { posts: { write: posts } } };

export default keyspace({
  name: "scripts",
  scopes,
  families: { posts, ofDay, ofWord, sent, moving },
  scripts: {
    text: "redis.call('INCR', KEYS[1])",
    "no-name": script("scripts/count.lua", count),
    room: script("scripts/count.lua", count),
    posts: script("scripts/count.lua", count),
    purposeless: script("scripts/count.lua", { ...count, purpose: " " }),
    option: script("scripts/count.lua", { ...count, argz: {} }),
    keyless: script("scripts/count.lua", { ...count, keys: {} }),
    access: script("scripts/count.lua", { ...count, keys: { posts: {} } }),
    unlisted: script("scripts/count.lua", { ...count, keys: { elsewhere: { write: elsewhere } } }),
    twice: script("scripts/count.lua", { ...count, keys: { posts: { write: posts }, again: { read: posts } } }),
    slots: script("scripts/count.lua", { ...count, keys: { posts: { write: posts }, sent: { read: sent } } }),
    moves: script("scripts/count.lua", { ...count, keys: { moving: { write: moving } } }),
    codecs: script("scripts/count.lua", { ...count, keys: { ofDay: { write: ofDay }, ofWord: { write: ofWord } } }),
    missing: script("scripts/missing.lua", count),
    bare: script("scripts/bare.lua", count),
    broken: script("scripts/broken.lua", count),
    crossSlot: script("scripts/cross-slot.lua", count),
    stale: script("scripts/stale.lua", count),
    writesNothing: script("scripts/reads.lua", count),
    readsOnly: script("scripts/count.lua", { ...count, keys: { posts: { read: posts } } }),
    noSchema: script("scripts/count.lua", { ...count, args: { most: 5 } }),
    argumentName: script("scripts/count.lua", { ...count, args: { "at-most": z.int() } }),
    argument: script("scripts/count.lua", { ...count, args: { at: z.date() } }),
    returned: script("scripts/count.lua", { ...count, returns: z.object({ n: z.int() }) }),
    deadline: script("scripts/count.lua", { ...count, deadline: "2m" }),
    duration: script("scripts/count.lua", { ...count, deadline: "soon" }),
  },
});
