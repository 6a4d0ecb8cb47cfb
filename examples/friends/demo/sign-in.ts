/** Step 1: somebody guesses passwords, and somebody else signs in. */
import { expect, expectThat } from "../../shared/expecting.js";
import { ttlWritten } from "../../shared/measuring.js";
import { commands, heading, inWords, quote, result, story } from "../../shared/printing.js";
import {
  type Admission,
  admitSignIn,
  applePublicKeys,
  authenticate,
  beginPasskeyRegistration,
  beginPasskeySignIn,
  finishPasskeySignIn,
  issueRefreshToken,
  registerDevice,
} from "./services/sign-in.js";
import type { World } from "./world.js";

const attacker = "203.0.113.7";
const neighbour = "2001:db8::42";

export async function signIn(world: World): Promise<void> {
  heading("1 Sign-in: limits and lock-out");
  await limit(world);
  await lockOut(world);
  await neighbours(world);
  await tokens(world);
  await passkeys(world);
  await registration(world);
}

async function limit({ services, measuring }: World): Promise<void> {
  const { limit, window } = services.gateway.loginByIp.family;
  story(`Somebody at ${attacker} tries 11 passwords. The schema allows ${limit} in ${inWords(window)}.`);
  const burst = await measuring.measure(() => attempts(11));
  expect("admitted attempts", burst.result.map(statusOf), [...Array(10).fill(200), 429]);
  const { headers } = burst.result.at(-1) as Admission;
  const wait = Number(headers["Retry-After"]);
  expectThat("Retry-After is what is left of the window", wait <= window / 1000 && wait > window / 1000 - 60);
  result("The first 10 are admitted, the 11th is denied; its answer carries");
  for (const [name, value] of Object.entries(headers)) quote(`${name}: ${value}`);
  commands(burst);

  async function attempts(times: number): Promise<Admission[]> {
    const admissions: Admission[] = [];
    for (let i = 0; i < times; i++) admissions.push(await admitSignIn(services.gateway, attacker));
    return admissions;
  }
}

async function lockOut({ services, measuring }: World): Promise<void> {
  const { gateway, identity } = services;
  story("It goes on. Each denial counts as a violation, the third blocks the address.");
  const blocking = await measuring.measure(async () => [
    await admitSignIn(gateway, attacker),
    await admitSignIn(gateway, attacker),
  ]);
  expect("denied attempts", blocking.result.map(statusOf), [429, 429]);
  const { value, ttlMs } = await gateway.violations.peek({ ip: attacker });
  expect("violations", value, 3);
  expectThat("violations are remembered for an hour at most", ttlMs !== null && ttlMs <= 3_600_000);
  const reason = await identity.blockedIp.get({ ip: attacker });
  expect("the block", reason, "blocked:too-many-sign-ins");
  const key = gateway.blockedIp.keyOf({ ip: attacker });
  const ttl = ttlWritten(blocking, key);
  expect("the block's TTL", ttl, 86_400_000);
  result(`${value} violations; ${key} now holds ${reason}, for ${inWords(ttl ?? 0)}.`);
  commands(blocking);

  const turnedAway = await measuring.measure(() => admitSignIn(gateway, attacker));
  expect("the next attempt", turnedAway.result.status, 403);
  expect("commands at the block", turnedAway.sent.length, 1);
  result("The next request is turned away at the block, by one read.");
  commands(turnedAway);
}

async function neighbours({ services, measuring }: World): Promise<void> {
  story(`Mara signs in from ${neighbour} at the same time.`);
  const other = await measuring.measure(() => admitSignIn(services.gateway, neighbour.toUpperCase()));
  expect("another address", other.result.status, 200);
  expect("its own counter", (await services.gateway.loginByIp.peek({ ip: neighbour })).remaining, 9);
  result("Admitted: each address has its own counter, whatever way it is written.");
  commands(other, 2);
}

async function tokens({ services, measuring, database }: World): Promise<void> {
  const { userId } = database.mara;
  const session = await measuring.measure(async () => {
    const token = await issueRefreshToken(services.identity, userId);
    return { token, request: await authenticate(services.gateway, neighbour, token) };
  });
  const { token, request } = session.result;
  expect("her request", request, { status: 200, userId });
  const ttl = ttlWritten(session, services.gateway.refreshToken.keyOf({ token }));
  expect("the token's TTL", ttl, 30 * 86_400_000);
  result(
    `The identity service issues a refresh token for ${inWords(ttl ?? 0)}. ` +
      `Her next request carries it: the gateway counts it, and reads that it is user ${request.userId}'s.`,
  );
  commands(session);
}

async function passkeys({ services, measuring, database }: World): Promise<void> {
  const { identity } = services;
  const { userId } = database.mara;
  story("The same passkey answer arrives in 5 requests at once.");
  const answers = await measuring.measure(async () => {
    const challenge = await beginPasskeySignIn(identity, userId);
    return Promise.all(Array.from({ length: 5 }, () => finishPasskeySignIn(identity, userId, challenge)));
  });
  expect("accepted answers", answers.result.filter(Boolean).length, 1);
  result("It counts once: the challenge is taken out as it is read.");
  commands(answers);
}

async function registration({ services, measuring, database }: World): Promise<void> {
  const { gateway, identity } = services;
  story("One device registers two accounts; passkeys are begun, and Apple's keys looked up twice.");
  const registered = await measuring.measure(async () => {
    const first = await registerDevice(gateway, identity, "198.51.100.23", "d41d8cd98f00b204");
    await beginPasskeyRegistration(identity, "1001");
    const second = await registerDevice(gateway, identity, "198.51.100.23", "d41d8cd98f00b204");
    await beginPasskeySignIn(identity, "1002");
    await applePublicKeys(identity, database);
    return [first, second];
  });
  expect("registrations", registered.result, [
    { allowed: true, registrations: 1 },
    { allowed: true, registrations: 2 },
  ]);
  const asked = database.questions;
  const again = await measuring.measure(() => applePublicKeys(identity, database));
  expect("questions to Apple", database.questions - asked, 0);
  expect("Apple's keys", again.result.keys.length, 1);
  result(`The device has registered ${registered.result.length} accounts. Apple was asked for its keys once.`);
  commands(registered, 4);
}

function statusOf({ status }: Admission): number {
  return status;
}
