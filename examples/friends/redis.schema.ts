/**
 * The Redis keys of a friends and location app. Its services in Go wrote these keys before, so every pattern gives the
 * live keys byte for byte: no key moves, and nobody is signed out. One family is new, and says so: `webSession`.
 */
import {
  cache,
  cappedList,
  counter,
  geoIndex,
  keyspace,
  none,
  presence,
  rateLimit,
  session,
  value,
} from "keywright/schema";
import { z } from "zod";

const perUser = none("read and written one user at a time");
const perAddress = none("one counter per address");
const liveAddress = {
  "personal-data-in-key": "live keys, which the services in Go read by the address; they end with their TTL",
};

/** As Go writes a time: with an offset, and up to nine digits of a second. */
const timestamp = z.iso.datetime({ offset: true });

// Authentication and sessions

export const refreshToken = value("refresh_token:<token:match(/[A-Za-z0-9_-]+/)>", {
  purpose: "Maps a refresh token to the user who owns it; deleted at sign-out.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity"],
  readers: ["gateway"],
  tag: none("each token stands alone"),
  tier: "R1",
  ttl: { upTo: "90d" },
  value: z.string().min(1),
  wire: "string",
});

/**
 * New: the services in Go had no such keys. A refresh token leads to its user but no user to the tokens, so they cannot
 * be ended together; these sessions can.
 */
export const webSession = session("session:web:<token:hex>", {
  purpose: "Signed-in browser session; all of a user's can be listed and ended.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity", "gateway"],
  readers: ["chat"],
  tag: none("each session stands alone"),
  ttl: { sliding: "30m", max: "24h" },
  value: z.object({ userId: z.string(), device: z.string(), signedInAt: z.date(), elevated: z.boolean() }),
  ownedBy: (s) => s.userId,
  owners: "session:web:owner:<userId>",
});

export const deviceRegistrations = counter("register_device:<fingerprint>", {
  purpose: "Registrations from one device; throttles bulk sign-ups.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity"],
  readers: [],
  tag: none("one counter per device"),
  ttl: "30d",
});

const webauthnChallenge = z.object({
  challenge: z.base64url(),
  userId: z.string(),
  rpId: z.string(),
  userVerification: z.enum(["required", "preferred", "discouraged"]),
  allowedCredentialIds: z.array(z.base64url()).optional(),
});

const oneIdPerDevice = { "unbounded-value": "an id for each device that the user has registered" };

export const webauthnRegistration = value("webauthn:reg:<userId>", {
  purpose: "WebAuthn registration under way: challenge and options.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity"],
  readers: [],
  tag: perUser,
  ttl: "5m",
  value: webauthnChallenge,
  wire: "plain",
  allow: oneIdPerDevice,
});

export const webauthnLogin = value("webauthn:login:<userId>", {
  purpose: "WebAuthn sign-in under way: challenge and options.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity"],
  readers: [],
  tag: perUser,
  ttl: "5m",
  value: webauthnChallenge,
  wire: "plain",
  allow: oneIdPerDevice,
});

export const applePublicKeys = cache("apple_public_keys", {
  purpose: "Apple's public keys (JWKS), to verify identity tokens of Sign in with Apple.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity"],
  readers: [],
  tag: none("a single key"),
  ttl: "24h",
  value: z.object({
    keys: z.array(
      z.object({
        kty: z.literal("RSA"),
        kid: z.string(),
        use: z.literal("sig"),
        alg: z.string(),
        n: z.string(),
        e: z.string(),
      }),
    ),
  }),
  wire: "plain",
  allow: { "unbounded-value": "Apple publishes a handful of keys" },
});

export const userPrivacy = cache("user:privacy:<userId>", {
  purpose: "Whether a user shares a location; saves a database read at every location update.",
  domain: "authentication",
  owner: "friends",
  writers: ["friends", "identity"],
  readers: ["chat"],
  tag: perUser,
  ttl: "24h",
  value: z.boolean(),
  wire: "boolean01",
});

// Rate limiting and abuse

export const registerByIp = rateLimit("register_ip:<ip:ip>", {
  purpose: "Registration attempts per address.",
  domain: "rate limiting",
  owner: "edge",
  writers: ["gateway", { service: "legacy-api", foreign: "go" }],
  readers: [],
  tag: perAddress,
  limit: 5,
  window: "1h",
  algorithm: "fixed-window",
  whenDown: "deny",
});

export const loginByIp = rateLimit("login_ip:<ip:ip>", {
  purpose: "Sign-in attempts per address.",
  domain: "rate limiting",
  owner: "edge",
  writers: ["gateway", { service: "legacy-api", foreign: "go" }],
  readers: [],
  tag: perAddress,
  limit: 10,
  window: "15m",
  algorithm: "fixed-window",
  whenDown: "allow",
});

export const apiByIp = rateLimit("api_ip:<ip:ip>", {
  purpose: "Requests per address to /api/v1.",
  domain: "rate limiting",
  owner: "edge",
  writers: ["gateway", { service: "legacy-api", foreign: "go" }],
  readers: [],
  tag: perAddress,
  limit: 600,
  window: "1m",
  algorithm: "fixed-window",
  whenDown: "allow",
});

export const resetPasswordByIp = rateLimit("reset_password_ip:<ip:ip>", {
  purpose: "Password reset attempts per address, against guessing of tokens.",
  domain: "rate limiting",
  owner: "edge",
  writers: ["gateway", { service: "legacy-api", foreign: "go" }],
  readers: [],
  tag: perAddress,
  limit: 5,
  window: "1h",
  algorithm: "fixed-window",
  whenDown: "deny",
});

export const placesByUser = rateLimit("places:ratelimit:<userId>", {
  purpose: "Calls to the places provider per user.",
  domain: "rate limiting",
  owner: "places",
  writers: ["places"],
  readers: [],
  tag: none("one counter per user"),
  limit: 60,
  window: "1h",
  algorithm: "fixed-window",
  limitPerCall: { max: 600 },
  whenDown: "deny",
});

export const violations = counter("violations:<ip:ip>", {
  purpose: "Denials per address; enough of them block it.",
  domain: "rate limiting",
  owner: "edge",
  writers: ["gateway", { service: "legacy-api", foreign: "go" }],
  readers: [],
  tag: perAddress,
  ttl: { config: "violationsTtl", default: "1h", max: "7d" },
  allow: liveAddress,
});

export const blockedIp = value("blocked_ip:<ip:ip>", {
  purpose: "Blocked addresses, each with the reason.",
  domain: "rate limiting",
  owner: "edge",
  writers: ["gateway", { service: "legacy-api", foreign: "go" }],
  readers: ["identity"],
  tag: perAddress,
  tier: "R1",
  ttl: { config: "blockedIpTtl", default: "24h", max: "30d" },
  value: z.string().regex(/^blocked:[a-z0-9-]+$/),
  wire: "string",
  allow: liveAddress,
});

// Presence and locations

export const userPresence = presence("presence:<userId>", {
  purpose: "The user is online; refreshed by the client's ping.",
  domain: "presence",
  owner: "presence",
  writers: ["presence"],
  readers: ["chat", "friends"],
  tag: perUser,
  ttl: "3m",
  whenDown: "absent",
  heartbeat: "1m",
});

const location = z.object({ lat: z.number().min(-90).max(90), lng: z.number().min(-180).max(180) });

export const activeLocation = value("active_location:<userId>", {
  purpose: "The live pin that a user shares now; deleted when sharing ends.",
  domain: "presence",
  owner: "presence",
  writers: ["presence"],
  readers: ["friends"],
  tag: perUser,
  ttl: { config: "activeLocationTtl", default: "15m", max: "24h" },
  whenDown: "absent",
  value: location.extend({ updated_at: timestamp }),
  wire: "plain",
});

export const userLocation = value("user:location:<userId>", {
  purpose: "A user's latest location and since when; nearby friends are found from it.",
  domain: "presence",
  owner: "friends",
  writers: ["friends"],
  readers: ["discovery"],
  tag: perUser,
  ttl: "24h",
  whenDown: "absent",
  value: location.extend({ updated_at: timestamp, arrived_at: timestamp }),
  wire: "plain",
});

// Chat

/**
 * A list that is there stands for the whole room, up to the cap. Go pushed to absent lists too, so one that it left may
 * lack what is older: when the service changes over, clear the lists once (SCAN chat:messages:*, UNLINK).
 */
export const chatMessages = cappedList("chat:messages:<chatRoomId>", {
  purpose: "Recent messages of a chat room; the database has all of them.",
  domain: "chat",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("one list per room, as the live keys are; a tag would be a move"),
  ttl: "24h",
  cap: 100,
  item: z.object({ id: z.string(), sender_id: z.string(), body: z.string(), sent_at: timestamp }),
  wire: "plain",
});

export const chatOnline = presence("chat:online:<chatRoomId>:<userId>", {
  purpose: "The user is in the chat room now.",
  domain: "chat",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("one marker per room and user, as the live keys are; a tag would be a move"),
  ttl: "1h",
  whenDown: "absent",
  heartbeat: "20m",
});

// Friends

export const userFriends = cache("user:friends:<userId>", {
  purpose: "Accepted friends of a user, from the database; deleted when a friendship begins or ends.",
  domain: "friends",
  owner: "friends",
  writers: ["friends"],
  readers: ["discovery"],
  tag: perUser,
  ttl: { config: "friendListCacheTtl", default: "10m", max: "24h" },
  value: z.array(z.object({ userId: z.string(), since: timestamp })),
  wire: "plain",
  allow: { "unbounded-value": "as many as the user has accepted; the database holds the same list" },
});

// Geo discovery

export const eventsGeo = geoIndex("events:geo", {
  purpose: "Where events are; events nearby are found from it.",
  domain: "geo discovery",
  owner: "events",
  writers: ["events"],
  readers: ["discovery"],
  tag: none("a single index"),
  ttl: { persist: "an event stays until it is removed by its id; the database can fill the index again" },
  member: z.string().min(1),
});

// Utility caches

export const linkPreview = cache("link-preview:<url:sha256>", {
  purpose: "OpenGraph metadata of a linked page, by the SHA-256 of its URL.",
  domain: "utility caches",
  owner: "links",
  writers: ["links"],
  readers: ["chat"],
  tag: none("each preview stands alone"),
  ttl: { config: "linkPreviewTtl", default: "6h", max: "7d" },
  value: z.object({
    title: z.string(),
    description: z.string().optional(),
    image: z.url().optional(),
    site: z.string().optional(),
  }),
  wire: "plain",
  staleReads: "a preview that is seconds old is as good",
});

export default keyspace({
  name: "friends",
  allow: { "owner-uninvolved": "edge is the team that answers for the limits; its service is the gateway" },
  services: [
    "chat",
    "discovery",
    "edge",
    "events",
    "friends",
    "gateway",
    "identity",
    "legacy-api",
    "links",
    "places",
    "presence",
  ],
  families: {
    activeLocation,
    apiByIp,
    applePublicKeys,
    blockedIp,
    chatMessages,
    chatOnline,
    deviceRegistrations,
    eventsGeo,
    linkPreview,
    loginByIp,
    placesByUser,
    refreshToken,
    registerByIp,
    resetPasswordByIp,
    userFriends,
    userLocation,
    userPresence,
    userPrivacy,
    violations,
    webauthnLogin,
    webauthnRegistration,
    webSession,
  },
});
