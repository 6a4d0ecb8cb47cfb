/** Users open browsers, look at them, keep them open, and close them. Each knows what it must find. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { breath, type Traffic } from "./load.js";

const minute = 60_000;
const ttl = 30 * minute;

interface Session {
  readonly sessionId: string;
  value: { userId: string; platform: string; expiresAt: string };
}

export class Sessions {
  readonly counts = {
    opened: 0,
    read: 0,
    refreshed: 0,
    ended: 0,
    /** Opened and not ended, and not found, or not as it was written last. */
    signedOut: 0,
    /** Ended, and found. */
    back: 0,
  };
  readonly #traffic: Traffic;
  /** Nobody writes these while they move: they are there only if they are brought over. */
  readonly #quiet: Session[] = [];

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  async openQuiet(count: number): Promise<void> {
    this.#quiet.push(...(await Promise.all(Array.from({ length: count }, () => this.#open()))));
  }

  async readQuiet(): Promise<void> {
    await Promise.all(this.#quiet.map((session) => this.#read(session)));
  }

  async visit(): Promise<void> {
    const session = await this.#open();
    for (let i = 0; i < 20 && this.#traffic.going(); i++) {
      await breath();
      const dice = Math.random();
      if (dice < 0.6) await this.#read(session);
      else if (dice < 0.8) await this.#refresh(session);
      else await this.#change(session);
    }
    await this.#end(session);
  }

  async #open(): Promise<Session> {
    const session = { sessionId: randomUUID(), value: anyValue() };
    await this.#traffic.fleet.call(({ browserSession }) => browserSession.set(session, session.value, { ttl }));
    this.counts.opened += 1;
    return session;
  }

  async #read(session: Session): Promise<void> {
    const found = await this.#traffic.fleet.call(({ readSession }) => readSession.get(session));
    this.counts.read += 1;
    if (!isDeepStrictEqual(found, session.value)) this.counts.signedOut += 1;
  }

  async #refresh(session: Session): Promise<void> {
    const there = await this.#traffic.fleet.call(({ browserSession }) => browserSession.touch(session, { ttl }));
    this.counts.refreshed += 1;
    if (!there) this.counts.signedOut += 1;
  }

  async #change(session: Session): Promise<void> {
    session.value = anyValue();
    await this.#traffic.fleet.call(({ browserSession }) => browserSession.set(session, session.value, { ttl }));
    this.counts.refreshed += 1;
  }

  async #end(session: Session): Promise<void> {
    await this.#traffic.fleet.call(({ browserSession }) => browserSession.delete(session));
    this.counts.ended += 1;
    if ((await this.#traffic.fleet.call(({ readSession }) => readSession.get(session))) !== null) this.counts.back += 1;
  }
}

function anyValue(): Session["value"] {
  return { userId: randomUUID(), platform: "web", expiresAt: new Date(Date.now() + ttl - minute).toISOString() };
}
