/**
 * The first Redis keys of a publishing platform on a Redis Cluster: what change together lie in one slot, by an approved
 * hash tag. Its services in Go write the same keys, so every pattern gives the live keys byte for byte.
 */
import { keyspace, tagScopes, token, value } from "keywright/schema";
import { z } from "zod";

/**
 * The approved hash tags, each with its reason. What stands in a tag is an id that the services make, in the form in
 * which they write it, or a digest: never what somebody typed in.
 */
const scopes = tagScopes({
  tenant: {
    tag: "{tenant:<tenantId:match(/[a-z0-9_.-]+/)>}",
    because: "quotas and gates of a tenant are decided together",
  },
  user: {
    tag: "{user:<userId:match(/[a-z0-9_.-]+/)>}",
    because: "what a user has open is counted and closed together",
  },
  session: {
    tag: "{session:<sessionId:match(/[a-z0-9_.-]+/)>}",
    because: "a browser session, its stream token and the pointer at it change together",
  },
  project: {
    tag: "{project:<projectId:match(/[a-z0-9_.-]+/)>}",
    because: "locks and progress of a publication change together",
  },
  asset: {
    tag: "{asset:<assetId:match(/[a-z0-9_.-]+/)>}",
    because: "everything that is cached of an asset is invalidated together",
  },
  email: {
    tag: "{email:<email:sha256(email)>}",
    because: "a code, its failed attempts and its cooldown change together",
  },
  queue: {
    tag: "{queue:<queue:match(/[a-z0-9_.-]+/)>}",
    because: "a task moves between the lists of its queue in one step",
  },
});

// Verification by e-mail

export const emailCode = token("auth:code:{email:<email:sha256(email)>}:<scene:enum(register|login|reset)>", {
  purpose: "Six digits sent to an e-mail address, to be typed in once.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity", { service: "backend", foreign: "go" }],
  readers: [],
  tag: scopes.email,
  ttl: "10m",
  code: z.string().regex(/^\d{6}$/),
  attempts: { max: 5, pattern: "auth:code_attempts:{email:<email:sha256(email)>}:<scene:enum(register|login|reset)>" },
  cooldown: {
    for: "60s",
    pattern: "auth:last_send:{email:<email:sha256(email)>}:<scene:enum(register|login|reset)>",
  },
});

// Browser sessions

const browser = {
  domain: "browser sessions",
  owner: "browser",
  writers: ["browser", { service: "browser-worker", foreign: "go" }],
  readers: ["gateway"],
  tag: scopes.session,
} as const;

/**
 * A `value`, not a `session`: the worker in Go reads and writes its bare JSON, where a session has an envelope; and its
 * end is decided when the browser is opened, so nothing slides.
 */
export const browserSession = value("mpp:browser:session:{session:<sessionId:match(/[a-z0-9_.-]+/)>}", {
  ...browser,
  purpose: "A browser that a user operates from afar.",
  notes: "Kept for a minute after the session has ended, so that whoever comes late learns that it has.",
  tier: "R1",
  ttl: { upTo: "61m" },
  value: z.object({
    userId: z.string().min(1),
    platform: z.string().min(1),
    expiresAt: z.iso.datetime(),
  }),
  wire: "plain",
});

export const streamToken = token(
  "mpp:browser:stream-token:{session:<sessionId:match(/[a-z0-9_.-]+/)>}:<token:sha256>",
  {
    ...browser,
    purpose: "Opens the picture stream of a browser session, once; the newest one only.",
    ttl: "5m",
    value: z.object({ sessionId: z.string().min(1), userId: z.string().min(1) }),
    wire: "plain",
    current: "mpp:browser:stream-current:{session:<sessionId:match(/[a-z0-9_.-]+/)>}",
  },
);

export default keyspace({
  name: "publishing",
  scopes,
  families: { browserSession, emailCode, streamToken },
  allow: { "scope-unused": "the platform's approved scopes; further families follow as they get their tags" },
});
