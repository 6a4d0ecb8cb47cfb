/**
 * The Redis keys of a friends and location app. Its services in Go wrote these keys before, so every pattern gives the
 * live keys byte for byte: no key moves, and nobody is signed out.
 */
import { counter, keyspace, none, presence, rateLimit, value } from "keywright/schema";
import { z } from "zod";

const perUser = none("read and written one user at a time");
const perAddress = none("one counter per address");
const liveAddress = {
  "personal-data-in-key": "live keys, which the services in Go read by the address; they end with their TTL",
};

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

export const applePublicKeys = value("apple_public_keys", {
  purpose: "Apple's public keys (JWKS), to verify identity tokens of Sign in with Apple.",
  domain: "authentication",
  owner: "identity",
  writers: ["identity"],
  readers: [],
  tag: none("a single key"),
  tier: "R4",
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
  undecodable: "miss",
  allow: { "unbounded-value": "Apple publishes a handful of keys" },
});

export const userPrivacy = value("user:privacy:<userId>", {
  purpose: "Whether a user shares a location; saves a database read at every location update.",
  domain: "authentication",
  owner: "friends",
  writers: ["friends", "identity"],
  readers: ["chat"],
  tag: perUser,
  tier: "R4",
  ttl: "24h",
  value: z.boolean(),
  wire: "boolean01",
  undecodable: "miss",
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
  value: location.extend({ updated_at: z.iso.datetime() }),
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
  value: location.extend({ updated_at: z.iso.datetime(), arrived_at: z.iso.datetime() }),
  wire: "plain",
});

// Chat

export const chatOnline = presence("chat:online:<chatRoomId>:<userId>", {
  purpose: "The user is in the chat room now.",
  domain: "chat",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("one marker per room and user, as the live keys are; a tag would be a move"),
  ttl: "1h",
  heartbeat: "20m",
});

// Friends

export const userFriends = value("user:friends:<userId>", {
  purpose: "Accepted friends of a user, from the database; deleted when a friendship begins or ends.",
  domain: "friends",
  owner: "friends",
  writers: ["friends"],
  readers: ["discovery"],
  tag: perUser,
  tier: "R4",
  ttl: { config: "friendListCacheTtl", default: "10m", max: "24h" },
  value: z.array(z.object({ userId: z.string(), since: z.iso.datetime() })),
  wire: "plain",
  undecodable: "miss",
  allow: { "unbounded-value": "as many as the user has accepted; the database holds the same list" },
});

// Utility caches

export const linkPreview = value("link-preview:<url:sha256>", {
  purpose: "OpenGraph metadata of a linked page, by the SHA-256 of its URL.",
  domain: "utility caches",
  owner: "links",
  writers: ["links"],
  readers: ["chat"],
  tag: none("each preview stands alone"),
  tier: "R4",
  ttl: { config: "linkPreviewTtl", default: "6h", max: "7d" },
  value: z.object({
    title: z.string(),
    description: z.string().optional(),
    image: z.url().optional(),
    site: z.string().optional(),
  }),
  wire: "plain",
  undecodable: "miss",
});

export default keyspace({
  name: "friends",
  allow: { "owner-uninvolved": "edge is the team that answers for the limits; its service is the gateway" },
  services: [
    "chat",
    "discovery",
    "edge",
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
    chatOnline,
    deviceRegistrations,
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
  },
});
