/** Step 8: Redis stops answering for a moment. */

import { setTimeout as pause } from "node:timers/promises";
import { DeadlineError, type KeywrightEvent, onEvent, type Verdict } from "keywright";
import { expect, expectThat } from "../../shared/expecting.js";
import { commands, heading, milliseconds, quote, result, story } from "../../shared/printing.js";
import type { Services, World } from "./world.js";

const ip = "198.51.100.77";
export async function outage({ server, services, measuring }: World): Promise<void> {
  heading("8 Redis goes away, and comes back");
  story(`The server is stopped in its tracks: connections stay open, nothing answers. Four calls are made meanwhile.`);
  const { deadline } = services.gateway.blockedIp.family;
  const seen: KeywrightEvent[] = [];
  const stopListening = onEvent((event) => seen.push(event));
  try {
    const away = await measuring.measure(() => whileStopped(server, () => fourCalls(services)));
    const { read, signIn, passwordReset, online, ms } = away.result;

    expectThat("the read ends with a DeadlineError", read instanceof DeadlineError);
    expectThat(`all end by the deadline (${Math.round(ms)} ms)`, ms >= deadline - 1 && ms < 2 * deadline);
    result(
      `All four have ended after ${milliseconds(ms)}; their deadline is ${deadline} ms. The read, by a typed error:`,
    );
    quote(`${(read as Error).name}: ${(read as Error).message}`);

    expect("the sign-in limit", [signIn.degraded, signIn.allowed], [true, true]);
    expect("the password limit", [passwordReset.degraded, passwordReset.allowed], [true, false]);
    result('The sign-in limit lets people in (whenDown: "allow"), that of password resets nobody ("deny"):');
    for (const [name, value] of Object.entries(passwordReset.headers())) quote(`${name}: ${value}`);

    expect("friends who are online", online, []);
    const degraded = seen.filter(({ type }) => type === "degraded").map(({ family }) => family);
    expect("degraded families", degraded.sort(), ["loginByIp", "resetPasswordByIp", "userPresence"]);
    result('Nobody is shown as online (whenDown: "absent"): the page is drawn without it, and an event tells of it.');

    // Three failures opened the breaker; a PING that is answered closes it, a second after.
    while (!seen.some(({ type }) => type === "breaker-closed")) await pause(20);
    const back = await measuring.measure(async () => ({
      signIn: await services.gateway.loginByIp.consume({ ip }),
      passwordReset: await services.gateway.resetPasswordByIp.consume({ ip }),
    }));
    expect(
      "degraded after the outage",
      [back.result.signIn.degraded, back.result.passwordReset.degraded],
      [false, false],
    );
    expect("allowed after the outage", [back.result.signIn.allowed, back.result.passwordReset.allowed], [true, true]);
    expect("late answers", seen.filter(({ type }) => type === "late-reply").length, 4);
    result(
      "It goes on: the 4 late answers are dropped and reported as events, a PING closes the breaker, and the next calls are answered.",
    );
    commands(back, 2);
  } finally {
    stopListening();
  }
}

async function whileStopped<T>(server: World["server"], act: () => Promise<T>): Promise<T> {
  server.pause();
  try {
    return await act();
  } finally {
    server.resume();
    await pause(20);
  }
}

interface FourCalls {
  readonly read: unknown;
  readonly signIn: Verdict;
  readonly passwordReset: Verdict;
  readonly online: readonly object[];
  readonly ms: number;
}

async function fourCalls({ gateway, friends }: Services): Promise<FourCalls> {
  const began = performance.now();
  // Its tier has 1.5 s, and this page does not wait for so long.
  const presence = friends.userPresence.with({ deadline: gateway.blockedIp.family.deadline });
  const [read, signIn, passwordReset, online] = await Promise.all([
    gateway.blockedIp.get({ ip }).catch((error: unknown) => error),
    gateway.loginByIp.consume({ ip }),
    gateway.resetPasswordByIp.consume({ ip }),
    presence.onlineAmong([{ userId: "42" }]),
  ]);
  return { read, signIn, passwordReset, online, ms: performance.now() - began };
}
