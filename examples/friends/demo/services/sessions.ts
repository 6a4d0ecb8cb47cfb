/** What the identity service and the gateway do with browser sessions. */
import { randomBytes } from "node:crypto";
import type { ServiceRepositories, WebSession } from "../../generated/redis/index.js";

type Gateway = ServiceRepositories["gateway"];
type Identity = ServiceRepositories["identity"];

/** Goes to the browser as a cookie: `HttpOnly; Secure; SameSite=Lax`. */
export async function startSession(redis: Identity, userId: string, device: string): Promise<string> {
  const token = newToken();
  await redis.webSession.create({ token }, { userId, device, signedInAt: new Date(), elevated: false });
  return token;
}

/** Every request: whose session it is, and the session goes on for another 30 minutes, up to a day. */
export async function sessionOf(redis: Gateway, token: string): Promise<WebSession | null> {
  return redis.webSession.loadAndTouch({ token });
}

/** What a request changed in its session. False where it has ended meanwhile: it stays ended. */
export async function saveSession(redis: Gateway, token: string, session: WebSession): Promise<boolean> {
  return redis.webSession.save({ token }, session);
}

/**
 * The user has given the password again: more rights, behind a new token. The token comes first, so that whoever knows the
 * old one never has them. Undefined where the session has ended.
 */
export async function elevate(redis: Identity, token: string): Promise<string | undefined> {
  const next = newToken();
  if (!(await redis.webSession.rotate({ token }, { token: next }))) return undefined;
  const session = await redis.webSession.load({ token: next });
  if (session === null) return undefined;
  return (await redis.webSession.save({ token: next }, { ...session, elevated: true })) ? next : undefined;
}

/** For the page "Where you are signed in". Session names hold the tokens, so they stay here. */
export async function devicesOf(redis: Identity, userId: string) {
  const sessions = await redis.webSession.list(userId);
  return sessions.map(({ value, endsAt }) => ({ device: value.device, signedInAt: value.signedInAt, endsAt }));
}

/** Ends all sessions of a user; how many there were. */
export async function signOutEverywhere(redis: Identity, userId: string): Promise<number> {
  return redis.webSession.destroyAll(userId);
}

function newToken(): string {
  return randomBytes(32).toString("hex");
}
