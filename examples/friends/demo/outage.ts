/** Step 8: Redis stops answering for a moment. */

import { setTimeout as pause } from "node:timers/promises";
import { DeadlineError, type KeywrightEvent, onEvent, type Verdict } from "keywright";
import { expect, expectThat } from "../../shared/expecting.js";
import { commands, heading, milliseconds, quote, result, story } from "../../shared/printing.js";
import type { Services, World } from "./world.js";

const ip = "198.51.100.77";
export async function outage({ server, services, measuring }: World): Promise<void> {
  heading("8 Redis goes away, and comes back");
  story(`The server is stopped in its tracks: connections stay open, nothing answers. Three calls are made meanwhile.`);
  const { deadline } = services.gateway.blockedIp.family;
  const seen: KeywrightEvent[] = [];
  const stopListening = onEvent((event) => seen.push(event));
  try {
    const away = await measuring.measure(() => whileStopped(server, () => threeCalls(services)));
    const { read, signIn, passwordReset, ms } = away.result;

    expectThat("the read ends with a DeadlineError", read instanceof DeadlineError);
    expectThat(`all end by the deadline (${Math.round(ms)} ms)`, ms >= deadline - 1 && ms < 2 * deadline);
    result(
      `All three have ended after ${milliseconds(ms)}; their deadline is ${deadline} ms. The read, by a typed error:`,
    );
    quote(`${(read as Error).name}: ${(read as Error).message}`);

    expect("the sign-in limit", [signIn.degraded, signIn.allowed], [true, true]);
    expect("the password limit", [passwordReset.degraded, passwordReset.allowed], [true, false]);
    result('The sign-in limit lets people in (whenDown: "allow"), that of password resets nobody ("deny"):');
    for (const [name, value] of Object.entries(passwordReset.headers())) quote(`${name}: ${value}`);

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
    expect("late answers", seen.filter(({ type }) => type === "late-reply").length, 3);
    result(
      "It goes on: the 3 late answers are dropped and reported as events, a PING closes the breaker, and the next calls are answered.",
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

interface ThreeCalls {
  readonly read: unknown;
  readonly signIn: Verdict;
  readonly passwordReset: Verdict;
  readonly ms: number;
}

async function threeCalls({ gateway }: Services): Promise<ThreeCalls> {
  const began = performance.now();
  const [read, signIn, passwordReset] = await Promise.all([
    gateway.blockedIp.get({ ip }).catch((error: unknown) => error),
    gateway.loginByIp.consume({ ip }),
    gateway.resetPasswordByIp.consume({ ip }),
  ]);
  return { read, signIn, passwordReset, ms: performance.now() - began };
}
