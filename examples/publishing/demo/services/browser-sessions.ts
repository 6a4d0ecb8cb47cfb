/** What the browser service does: it opens a browser for a user, and lets exactly one viewer at a time watch it. */
import { randomBytes, randomUUID } from "node:crypto";
import type { ServiceRepositories } from "../../generated/redis/index.js";

type Browser = ServiceRepositories["browser"];

const minute = 60_000;
/** For how long a session is still known after its end. */
const grace = minute;

/** The session's id. It ends by itself after `minutes`, at most 60. */
export async function openSession(redis: Browser, userId: string, platform: string, minutes: number): Promise<string> {
  const sessionId = randomUUID();
  const expiresAt = new Date(Date.now() + minutes * minute).toISOString();
  await redis.browserSession.set({ sessionId }, { userId, platform, expiresAt }, { ttl: minutes * minute + grace });
  return sessionId;
}

/** A token for the picture stream: for five minutes, or what remains of the session. An earlier token is void. */
export async function offerStream(redis: Browser, sessionId: string): Promise<string | null> {
  const session = await redis.browserSession.get({ sessionId });
  const end = session === null ? 0 : Date.parse(session.expiresAt);
  if (session === null || end <= Date.now()) return null;
  const token = randomBytes(32).toString("base64url");
  await redis.streamToken.issue({ sessionId, token }, { sessionId, userId: session.userId }, { notBeyond: end });
  return token;
}

/** The viewer who is first gets the stream. */
export async function connectStream(redis: Browser, sessionId: string, token: string) {
  const viewer = await redis.streamToken.consume({ sessionId, token });
  if (viewer === null) return null;
  // A token that was offered while the session was being closed opens nothing.
  return (await redis.browserSession.get({ sessionId })) === null ? null : viewer;
}

/** Exchanges a token that a page has shown for one that it has not; null where it is no longer good. */
export async function renewStream(redis: Browser, sessionId: string, token: string): Promise<string | null> {
  const next = randomBytes(32).toString("base64url");
  return (await redis.streamToken.rotate({ sessionId, token }, { sessionId, token: next })) ? next : null;
}

/** The session ends, and whoever has a token for it no longer sees it. */
export async function closeSession(redis: Browser, sessionId: string): Promise<boolean> {
  // The session first: from then on no token is offered, and none opens its stream.
  const closed = await redis.browserSession.delete({ sessionId });
  await redis.streamToken.revokeCurrent({ sessionId });
  return closed;
}
