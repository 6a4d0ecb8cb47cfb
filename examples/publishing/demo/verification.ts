/** Step 1: an e-mail address is verified, and somebody guesses. */
import { keySlot } from "keywright";
import { expect, expectThat } from "../../shared/expecting.js";
import { commands, cut, heading, quote, result, story } from "../../shared/printing.js";
import { confirmCode, requestCode } from "./services/verification.js";
import type { World } from "./world.js";

export const mara = "Mara@Example.com";

export async function verification(world: World): Promise<void> {
  heading("1 A code by e-mail");
  const sent = await request(world);
  await guess(world);
  await confirm(world, sent);
}

async function request({ services: { identity }, measuring }: World): Promise<() => string> {
  const mailbox: string[] = [];
  const send = async (_: string, code: string) => void mailbox.push(code);
  story("Mara registers, and presses the button five times.");
  const asked = await measuring.measure(() =>
    Promise.all(Array.from({ length: 5 }, () => requestCode(identity, send, mara, "register"))),
  );
  expect(
    "codes issued",
    asked.result.map(({ issued }) => issued),
    [true, false, false, false, false],
  );
  expect("e-mails sent", mailbox.length, 1);
  const second = asked.result[1];
  expectThat(
    "the cooldown is a minute",
    second?.issued === false && second.retryAfterMs > 50_000 && second.retryAfterMs <= 60_000,
  );
  result("One e-mail leaves; the other four are told how long to wait.");
  commands(asked);
  const keys = identity.emailCode.keysFor({ email: mara, scene: "register" }, "demo");
  const names = [keys.code, keys.attempts, keys.cooldown as string];
  expect("slots of the three keys", new Set(names.map((name) => keySlot(name))).size, 1);
  result(
    `Code, failed attempts and cooldown lie in slot ${keySlot(keys.code)}; the address is in none of their names.`,
  );
  for (const name of names) quote(cut(name, 90));
  return () => mailbox.at(-1) as string;
}

async function guess({ services: { identity }, measuring }: World): Promise<void> {
  const victim = "victim@example.com";
  await identity.emailCode.issue({ email: victim, scene: "login" }, "824157");
  story("Somebody sends 50 guesses at another code at once. The schema allows 5.");
  const guesses = await measuring.measure(() =>
    Promise.all(Array.from({ length: 50 }, (_, i) => confirmCode(identity, victim, "login", String(100_000 + i)))),
  );
  const reasons = guesses.result.map((outcome) => (outcome.verified ? "verified" : outcome.reason));
  const count = (reason: string) => reasons.filter((each) => each === reason).length;
  expect("outcomes", [count("wrong"), count("too-many-attempts"), count("absent")], [4, 1, 45]);
  result("Four are wrong, the fifth ends the code, and 45 find none: code and attempts went in one step.");
  commands(guesses, 1);
}

async function confirm({ services: { identity }, measuring }: World, sent: () => string): Promise<void> {
  story("Mara mistypes, and then types the code; her browser sends it three times.");
  const wrong = await confirmCode(identity, mara, "register", "12345");
  expect("a mistyped code", wrong, { verified: false, reason: "wrong", attemptsLeft: 4 });
  const answers = await measuring.measure(() =>
    Promise.all(Array.from({ length: 3 }, () => confirmCode(identity, " mara@example.com", "register", sent()))),
  );
  expect("verified", answers.result.filter(({ verified }) => verified).length, 1);
  result("It counts once, whatever way the address is written.");
  commands(answers);
}
