/**
 * What must not compile in a schema. `tsc --noEmit` is the test: an expected error that does not come is an error.
 */
import { z } from "zod";
import { counter, none, presence, rateLimit, tagScopes, value } from "../../src/schema/index.js";

const scopes = tagScopes({
  room: { tag: "{<roomId>}", because: "a room changes together" },
  user: { tag: "{<userId>}", because: "a user changes together" },
});
const chat = { purpose: "For a test.", owner: "chat", writers: ["chat"], readers: [] } as const;
const untagged = { ...chat, tag: none("each stands alone") } as const;

// What is right compiles.
value("chat:topic:{<roomId>}", { ...chat, tag: scopes.room, ttl: "1h", value: z.string() });
value("chat:topic:<roomId>", { ...untagged, ttl: { sliding: "30m", max: "24h" }, value: z.string() });
counter("hits:<page>", { ...untagged, ttl: { persist: "a number for ever" } });
presence("here:{<roomId>}", { ...chat, tag: scopes.room, ttl: "1h", heartbeat: "20s", member: z.uuid() });
rateLimit("rate:<ip:ip>", { ...untagged, limit: 5, window: "1h", algorithm: "gcra", whenDown: "deny" });

// @ts-expect-error C1 a family says how long its keys live
value("thing:<id>", { ...untagged, value: z.string() });

// @ts-expect-error an hour is "1h"
value("thing:<id>", { ...untagged, ttl: "1 hour", value: z.string() });

// @ts-expect-error a TTL of none gives its reason
value("thing:<id>", { ...untagged, ttl: null, value: z.string() });

// @ts-expect-error there is no codec uid
value("thing:<id:uid>", { ...untagged, ttl: "1h", value: z.string() });

// @ts-expect-error a hash tag holds something
value("thing:{}:<id>", { ...untagged, ttl: "1h", value: z.string() });

// @ts-expect-error Redis reads one hash tag only
value("thing:{<roomId>}:{<userId>}", { ...chat, tag: scopes.room, ttl: "1h", value: z.string() });

// @ts-expect-error the pattern holds no tag
value("thing:<roomId>", { ...chat, tag: scopes.room, ttl: "1h", value: z.string() });

// @ts-expect-error the pattern holds another scope's tag
value("thing:{<roomId>}", { ...chat, tag: scopes.user, ttl: "1h", value: z.string() });

// @ts-expect-error a pattern with a tag names its scope
value("thing:{<roomId>}", { ...untagged, ttl: "1h", value: z.string() });

// @ts-expect-error a family has an owner
value("thing:<id>", {
  purpose: "For a test.",
  writers: ["chat"],
  readers: [],
  tag: none("alone"),
  ttl: "1h",
  value: z.string(),
});

// @ts-expect-error a limit says what happens while Redis is down
rateLimit("rate:<ip:ip>", { ...untagged, limit: 5, window: "1h", algorithm: "gcra" });

// @ts-expect-error there is no algorithm leaky
rateLimit("rate:<ip:ip>", { ...untagged, limit: 5, window: "1h", algorithm: "leaky", whenDown: "deny" });

// @ts-expect-error members are strings
presence("here:<roomId>", { ...untagged, ttl: "1h", heartbeat: "20s", member: z.number() });

// What a family answers while Redis is down is a word of its kind.
value("thing:<id>", { ...untagged, ttl: "1h", value: z.string(), whenDown: "absent" });
counter("hits:<page>", { ...untagged, ttl: "1h", whenDown: "throw" });

// @ts-expect-error L5 a counter is never absent
counter("hits:<page>", { ...untagged, ttl: "1h", whenDown: "absent" });

// @ts-expect-error L5 a value has no loader
value("thing:<id>", { ...untagged, ttl: "1h", value: z.string(), whenDown: "load" });
