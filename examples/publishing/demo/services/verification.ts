/** What the identity service does to learn that an e-mail address is somebody's. */
import { randomInt } from "node:crypto";
import type { ServiceRepositories } from "../../generated/redis/index.js";

type Identity = ServiceRepositories["identity"];
export type Scene = "register" | "login" | "reset";

/** Sends an e-mail; in life a provider's client. */
export type Send = (email: string, code: string) => Promise<void>;

/** Sends a new code, unless one was sent a moment ago: then `retryAfterMs` says for how long to wait. */
export async function requestCode(redis: Identity, send: Send, email: string, scene: Scene) {
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  const issued = await redis.emailCode.issue({ email, scene }, code);
  if (issued.issued) await send(email, code);
  return issued;
}

/** Holds what somebody typed in against the code that was sent. A code counts once. */
export async function confirmCode(redis: Identity, email: string, scene: Scene, typed: string) {
  return redis.emailCode.verify({ email, scene }, typed.trim());
}
