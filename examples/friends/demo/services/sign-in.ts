/** What the gateway and the identity service do around a sign-in. */
import { randomBytes } from "node:crypto";
import type { ServiceRepositories } from "../../generated/redis/index.js";
import type { Database } from "./database.js";

type Gateway = ServiceRepositories["gateway"];
type Identity = ServiceRepositories["identity"];

export interface Admission {
  /** 200: let the request through; 403: the address is blocked; 429: too many attempts. */
  readonly status: 200 | 403 | 429;
  readonly headers: Readonly<Record<string, string>>;
}

const violationsUntilBlock = 3;

/**
 * Asked before every sign-in. The services in Go use these three keys too, so they stay three families; a family that
 * is new declares `ladder` in its schema, and the limit's own script counts violations and blocks.
 */
export async function admitSignIn(redis: Gateway, ip: string): Promise<Admission> {
  if ((await redis.blockedIp.get({ ip })) !== null) return { status: 403, headers: {} };
  const verdict = await redis.loginByIp.consume({ ip });
  if (verdict.allowed) return { status: 200, headers: verdict.headers() };
  const { value } = await redis.violations.increment({ ip });
  if (value >= violationsUntilBlock) await redis.blockedIp.set({ ip }, "blocked:too-many-sign-ins");
  return { status: 429, headers: verdict.headers() };
}

/** How long the user may stay away: the schema leaves it to the caller, and bounds it to 90 days. */
const refreshTokenTtl = "30d";

export async function issueRefreshToken(redis: Identity, userId: string): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  await redis.refreshToken.set({ token }, userId, { ttl: refreshTokenTtl });
  return token;
}

/** At sign-out; false where the token has ended already. */
export async function revokeRefreshToken(redis: Identity, token: string): Promise<boolean> {
  return redis.refreshToken.delete({ token });
}

/** Every request: the gateway counts it, and reads whose token it is. Only the identity service can issue or end one. */
export async function authenticate(redis: Gateway, ip: string, token: string) {
  const verdict = await redis.apiByIp.consume({ ip });
  if (!verdict.allowed) return { status: 429 };
  const userId = await redis.refreshToken.get({ token });
  return userId === null ? { status: 401 } : { status: 200, userId };
}

/** Registers a device; the number of accounts that it has registered in these 30 days. */
export async function registerDevice(gateway: Gateway, identity: Identity, ip: string, fingerprint: string) {
  const verdict = await gateway.registerByIp.consume({ ip });
  if (!verdict.allowed) return { allowed: false, registrations: 0 };
  const { value } = await identity.deviceRegistrations.increment({ fingerprint });
  return { allowed: true, registrations: value };
}

export async function beginPasskeyRegistration(redis: Identity, userId: string): Promise<void> {
  await redis.webauthnRegistration.set({ userId }, newChallenge(userId));
}

export async function beginPasskeySignIn(redis: Identity, userId: string): Promise<string> {
  const challenge = newChallenge(userId);
  await redis.webauthnLogin.set({ userId }, challenge);
  return challenge.challenge;
}

/** The challenge is taken out as it is read, so that an answer to it counts once, however many requests bring it. */
export async function finishPasskeySignIn(redis: Identity, userId: string, answered: string): Promise<boolean> {
  const expected = await redis.webauthnLogin.take({ userId });
  return expected?.challenge === answered;
}

function newChallenge(userId: string) {
  const challenge = randomBytes(32).toString("base64url");
  return { challenge, userId, rpId: "friends.example", userVerification: "preferred" } as const;
}

/** Apple's keys, from the cache or from Apple. */
export async function applePublicKeys(redis: Identity, database: Database) {
  return redis.applePublicKeys.fetch({}, () => database.applePublicKeys());
}
