/**
 * Four families of the other examples on their way to tagged keys, as they stand before the first step. The demo takes a
 * copy of this file through every phase; here it begins anew.
 *
 * The services in Go that write some of these keys are left out: a move does not advance before they do what its phases need.
 */
import { cappedList, keyspace, presence, tagScopes, token, value } from "keywright/schema";
import { z } from "zod";

const scopes = tagScopes({
  session: {
    tag: "{session:<sessionId:match(/[a-z0-9_.-]+/)>}",
    because: "a browser session, its stream token and the pointer at it change together",
  },
  email: {
    tag: "{email:<email:sha256(email)>}",
    because: "a code, its failed attempts and its cooldown change together",
  },
  room: {
    tag: "{<roomId:uuid>}",
    because: "what is said in a room and who is in it change together",
  },
});

/** An example has no end; a move of yours ends within months. */
const until = "2099-12-31";

/** Both keys are written meanwhile, the earlier one first, and a stamp says which of two values is later. */
export const browserSession = value("mpp:browser:session:{session:<sessionId:match(/[a-z0-9_.-]+/)>}", {
  purpose: "A browser that a user operates from afar.",
  domain: "browser sessions",
  owner: "browser",
  writers: ["browser"],
  readers: ["gateway"],
  tag: scopes.session,
  tier: "R1",
  ttl: { upTo: "61m" },
  value: z.object({
    userId: z.string().min(1),
    platform: z.string().min(1),
    expiresAt: z.iso.datetime(),
  }),
  wire: "plain",
  moved: { from: "mpp:browser:session:<sessionId:match(/[a-z0-9_.-]+/)>", phase: "legacy", until },
});

/** One key at a time is the authority; attempts and cooldown go over with their code, in one step. */
export const emailCode = token("auth:code:{email:<email:sha256(email)>}:<scene:enum(register|login|reset)>", {
  purpose: "Six digits sent to an e-mail address, to be typed in once.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity"],
  readers: [],
  tag: scopes.email,
  ttl: "10m",
  code: z.string().regex(/^\d{6}$/),
  attempts: { max: 5, pattern: "auth:code_attempts:{email:<email:sha256(email)>}:<scene:enum(register|login|reset)>" },
  cooldown: {
    for: "60s",
    pattern: "auth:last_send:{email:<email:sha256(email)>}:<scene:enum(register|login|reset)>",
  },
  moved: {
    from: "auth:code:<email:sha256(email)>:<scene:enum(register|login|reset)>",
    phase: "legacy",
    until,
    companions: {
      attempts: "{auth:code:<email:sha256(email)>:<scene:enum(register|login|reset)>}:attempts",
      cooldown: "{auth:code:<email:sha256(email)>:<scene:enum(register|login|reset)>}:cooldown",
    },
  },
});

/** The database can load it again, so one key is written and the other deleted. */
export const chatMessages = cappedList("chat:messages:{<roomId:uuid>}", {
  purpose: "Recent messages of a chat room; the database has all of them.",
  domain: "chat",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: scopes.room,
  ttl: "24h",
  cap: 100,
  item: z.object({
    id: z.string(),
    sender_id: z.string(),
    body: z.string(),
    sent_at: z.iso.datetime({ offset: true }),
  }),
  wire: "plain",
  moved: { from: "chat:messages:<roomId:uuid>", phase: "legacy", until },
});

/** As a code does: one key at a time is the authority. */
export const chatOnline = presence("chat:online:{<roomId:uuid>}:<userId>", {
  purpose: "The user is in the chat room now.",
  domain: "chat",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: scopes.room,
  ttl: "1h",
  whenDown: "absent",
  heartbeat: "20m",
  moved: { from: "chat:online:<roomId:uuid>:<userId>", phase: "legacy", until },
});

export default keyspace({
  name: "moves",
  scopes,
  families: { browserSession, chatMessages, chatOnline, emailCode },
  allow: {
    "move-long": "an example has no end",
    "scope-of-one": "the other families of these tags are in the other examples",
  },
});
