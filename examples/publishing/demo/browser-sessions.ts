/** Step 2: a browser is opened, and watched by one viewer at a time. */
import { expect, expectThat } from "../../shared/expecting.js";
import { ttlWritten } from "../../shared/measuring.js";
import { briefly, commands, heading, result, story } from "../../shared/printing.js";
import { closeSession, connectStream, offerStream, openSession, renewStream } from "./services/browser-sessions.js";
import type { World } from "./world.js";

/** The tokens that were given out, to hold the keys against. */
export async function browserSessions(world: World): Promise<string[]> {
  heading("2 A browser session and its stream");
  const { services, measuring, client } = world;
  const { browser } = services;
  story("Mara opens a browser for 30 minutes, and a page of hers asks for the stream.");
  const opened = await measuring.measure(async () => {
    const sessionId = await openSession(browser, "mara", "newsletter", 30);
    return { sessionId, token: (await offerStream(browser, sessionId)) as string };
  });
  const { sessionId, token } = opened.result;
  const sessionTtl = ttlWritten(opened, browser.browserSession.keyOf({ sessionId }));
  expect("the session's TTL is a minute longer than the session", sessionTtl, 31 * 60_000);
  const left = await client.pTTL(browser.streamToken.keyOf({ sessionId, token }));
  expectThat("the token lives for five minutes", left > 290_000 && left <= 300_000);
  result(`The session is kept for ${briefly(sessionTtl ?? 0)}, its token for ${briefly(left)}.`);
  commands(opened);

  const brief = await openSession(browser, "mara", "newsletter", 2);
  const short = (await offerStream(browser, brief)) as string;
  const rest = await client.pTTL(browser.streamToken.keyOf({ sessionId: brief, token: short }));
  expectThat("a token does not outlive its session", rest > 110_000 && rest <= 120_000);
  result(`Of a session that ends in 2 minutes the token lives for ${briefly(rest)}.`);

  story("She reloads: the newer token voids the older. Then 50 viewers come with it at once.");
  const newer = (await offerStream(browser, sessionId)) as string;
  expect("the older token", await connectStream(browser, sessionId, token), null);
  const viewers = await measuring.measure(() =>
    Promise.all(Array.from({ length: 50 }, () => connectStream(browser, sessionId, newer))),
  );
  const admitted = viewers.result.filter((payload) => payload !== null);
  expect("viewers", admitted, [{ sessionId, userId: "mara" }]);
  result("The older one opens nothing. Of 50 viewers one sees the stream.");
  commands(viewers, 1);

  story("A token that was shown on a page is exchanged for one that was not; then she closes the browser.");
  const shown = (await offerStream(browser, sessionId)) as string;
  const exchanged = await measuring.measure(() => renewStream(browser, sessionId, shown));
  const next = exchanged.result as string;
  expect("the exchanged token", await connectStream(browser, sessionId, shown), null);
  expect("its successor", await services.gateway.streamToken.peek({ sessionId, token: next }), admitted[0]);
  expect("closing", await closeSession(browser, sessionId), true);
  expect("the stream of a closed browser", await connectStream(browser, sessionId, next), null);
  expect("an offer for a closed browser", await offerStream(browser, sessionId), null);
  result("The first is void, the second is good until the browser is closed, and no longer.");
  commands(exchanged);
  return [token, short, newer, shown, next];
}
