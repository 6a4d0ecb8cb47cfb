/** Step 6: somebody is signed in on several devices, and signs out on all of them. */
import { expect, expectThat, Unexpected } from "../../shared/expecting.js";
import type { Measured } from "../../shared/measuring.js";
import { commands, heading, inWords, quote, result, story } from "../../shared/printing.js";
import { devicesOf, elevate, saveSession, sessionOf, signOutEverywhere, startSession } from "./services/sessions.js";
import { authenticate, issueRefreshToken, revokeRefreshToken } from "./services/sign-in.js";
import type { World } from "./world.js";

const devices = ["phone", "laptop", "tablet", "library computer"] as const;

export async function signOut(world: World): Promise<void> {
  heading("6 Sign-out everywhere");
  const tokens = await severalDevices(world);
  const laptop = await moreRights(world, tokens[1] as string);
  await everywhere(world, [tokens[0] as string, laptop, tokens[2] as string, tokens[3] as string]);
  await refreshToken(world);
}

async function severalDevices({ services, measuring, database }: World): Promise<string[]> {
  const { gateway, identity } = services;
  const { userId } = database.mara;
  story(`Mara signs in on ${devices.length} devices; each then sends a request.`);
  const started = await measuring.measure(async () => {
    const tokens: string[] = [];
    for (const device of devices) tokens.push(await startSession(identity, userId, device));
    const sessions = await Promise.all(tokens.map((token) => sessionOf(gateway, token)));
    return { tokens, sessions };
  });
  const { tokens, sessions } = started.result;
  expect(
    "the devices of the requests",
    sessions.map((session) => session?.device),
    [...devices],
  );
  const { ttl } = identity.webSession.family;
  if (ttl.kind !== "sliding") throw new Unexpected("sessions do not slide");
  expect("sessions that go on for 30 minutes", prolonged(started, ttl.ms), devices.length);
  const listed = await devicesOf(identity, userId);
  expectThat(
    "all end after a day",
    listed.every(({ signedInAt, endsAt }) => nearly(endsAt.getTime() - signedInAt.getTime(), ttl.max ?? 0)),
  );
  result(
    `Each request reads its session and prolongs it, by one script: ${inWords(ttl.ms)} from now, ` +
      `${inWords(ttl.max ?? 0)} in all at most.`,
  );
  commands(started, 4);
  return tokens;
}

async function moreRights({ services, measuring }: World, token: string): Promise<string> {
  const { gateway, identity } = services;
  story("On the laptop she gives her password again, for her payments.");
  const elevated = await measuring.measure(() => elevate(identity, token));
  const next = elevated.result as string;
  const [before, after] = [await sessionOf(gateway, token), await sessionOf(gateway, next)];
  expect("the session behind the old and the new token", [before, after?.elevated], [null, true]);
  result("The session has more rights behind a new token; the old token leads nowhere.");
  commands(elevated, 4);
  return next;
}

async function everywhere({ services, measuring, database }: World, tokens: readonly string[]): Promise<void> {
  const { gateway, identity } = services;
  const { userId } = database.mara;
  const neighbour = await startSession(identity, "1000", "phone");
  story("She has left the library signed in. She looks where she is, and signs out everywhere.");
  const listed = await devicesOf(identity, userId);
  expect("her devices", listed.map(({ device }) => device).sort(), [...devices].sort());
  quote(listed.map(({ device }) => device).join(", "));

  const late = await sessionOf(gateway, tokens[3] as string);
  if (late === null) throw new Unexpected("the library's session is not there");
  const ended = await measuring.measure(() => signOutEverywhere(identity, userId));
  expect("sessions that were ended", ended.result, devices.length);
  const left = await Promise.all(tokens.map((token) => sessionOf(gateway, token)));
  expect(
    "sessions that are left",
    left,
    devices.map(() => null),
  );
  expect("her list", await devicesOf(identity, userId), []);
  expect("somebody else's session", (await sessionOf(gateway, neighbour))?.userId, "1000");
  result(`${ended.result} sessions are ended, and nobody else's.`);
  commands(ended);

  const saved = await measuring.measure(() => saveSession(gateway, tokens[3] as string, late));
  expect("the late save", [saved.result, await sessionOf(gateway, tokens[3] as string)], [false, null]);
  result("A request of the library's that began before saves its session now: it finds none, and brings none back.");
  commands(saved);
}

async function refreshToken({ services, measuring, database }: World): Promise<void> {
  const { gateway, identity } = services;
  const token = await issueRefreshToken(identity, database.mara.userId);
  const revoked = await measuring.measure(async () => [
    await revokeRefreshToken(identity, token),
    (await authenticate(gateway, "2001:db8::42", token)).status,
  ]);
  expect("the refresh token after sign-out", revoked.result, [true, 401]);
  story("Her app on the phone has a refresh token, as before. It signs out.");
  result("The token is deleted; the next request with it is answered by 401.");
  commands(revoked, 1);
}

/** How many sessions a script prolonged by that much, in milliseconds. */
function prolonged({ sent }: Measured<unknown>, by: number): number {
  const ends = sent.flatMap(({ inside }) =>
    inside.filter(([name]) => name?.toUpperCase() === "PEXPIREAT").map(([, key, end]) => ({ key, end: Number(end) })),
  );
  const ofSessions = ends.filter(({ key }) => !key?.startsWith("session:web:owner:"));
  return ofSessions.filter(({ end }) => nearly(end - Date.now(), by)).length;
}

/** Within some seconds: a moment has passed since. */
function nearly(ms: number, wanted: number): boolean {
  return Math.abs(ms - wanted) < 10_000;
}
