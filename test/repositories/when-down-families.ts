/** Families of every kind that has a choice, with each of its policies, for what happens while Redis is down. */
import { expect } from "vitest";
import { z } from "zod";
import { CacheRepository } from "../../src/repositories/cache.js";
import { CappedListRepository } from "../../src/repositories/capped-list.js";
import { GeoIndexRepository } from "../../src/repositories/geo-index.js";
import { PresenceRepository, SubjectPresenceRepository } from "../../src/repositories/presence.js";
import { RateLimitRepository } from "../../src/repositories/rate-limit.js";
import { ValueRepository } from "../../src/repositories/value.js";
import type { KeywrightError } from "../../src/runtime/errors.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import type { Tier } from "../../src/schema/index.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import type { WhenDown } from "../../src/schema/when-down.js";
import { until } from "../runtime/support.js";
import { hour } from "./rate-limit-family.js";

interface IdKey {
  readonly id: string;
}

export const text = compileCodec<string>(z.string().max(20), "string");
const one = { id: "1" };
const two = { id: "2" };
const ttl = { kind: "fixed", ms: hour } as const;

/** The families of one runtime; all keys lie in one slot, whose node a test takes away. */
export function familiesOf(runtime: Runtime, deadline: number) {
  const common = <W extends WhenDown>(name: string, whenDown: W) => ({
    name,
    pattern: `{down}:${name}:<id>`,
    store: "default",
    tier: "R3" as Tier,
    deadline,
    retries: 0,
    whenDown,
    tagged: true,
    ttl,
  });
  const key = (name: string) => (k: IdKey) => `{down}:${name}:${k.id}`;
  const value = (name: string, whenDown: "throw" | "absent", tier: Tier = "R3") =>
    new ValueRepository<IdKey, string>(
      runtime,
      { ...common(name, whenDown), tier, kind: "value", overwrite: "restart", undecodable: "throw", value: text },
      key(name),
    );
  const cache = (name: string, whenDown: "load" | "absent" | "throw") =>
    new CacheRepository<IdKey, string>(
      runtime,
      { ...common(name, whenDown), kind: "cache", loader: { deadline: 30_000 }, value: text },
      key(name),
    );
  const list = (name: string, whenDown: "load" | "absent" | "throw") =>
    new CappedListRepository<IdKey, string, "whole">(
      runtime,
      {
        ...common(name, whenDown),
        kind: "cappedList",
        cap: 10,
        history: "whole",
        order: "newest-last",
        undecodable: "throw",
        fill: 10_000,
        item: text,
      },
      key(name),
    );
  const limit = (name: string, whenDown: "allow" | "deny" | "throw") =>
    new RateLimitRepository<IdKey>(
      runtime,
      {
        ...common(name, whenDown),
        kind: "rateLimit",
        limit: 1000,
        window: hour,
        algorithm: "fixed-window",
        burst: 1000,
        limitPerCall: null,
        ladder: null,
      },
      key(name),
    );
  return {
    strict: value("strict", "throw"),
    note: value("note", "absent"),
    /** Never in a batch: a read of its own. */
    slid: new ValueRepository<IdKey, string>(
      runtime,
      {
        ...common("slid", "absent"),
        kind: "value",
        ttl: { kind: "sliding", ms: hour },
        overwrite: "restart",
        undecodable: "throw",
        value: text,
      },
      key("slid"),
    ),
    loaded: cache("loaded", "load"),
    soft: cache("soft", "absent"),
    hard: cache("hard", "throw"),
    history: list("history", "load"),
    faint: list("faint", "absent"),
    firm: list("firm", "throw"),
    online: new SubjectPresenceRepository<IdKey>(
      runtime,
      { ...common("online", "absent"), kind: "presence", heartbeat: 60_000, grace: 150_000 },
      key("online"),
    ),
    room: new PresenceRepository<IdKey>(
      runtime,
      {
        ...common("room", "absent"),
        kind: "presence",
        heartbeat: 60_000,
        grace: 150_000,
        devices: false,
        member: text,
      },
      key("room"),
    ),
    places: new GeoIndexRepository<IdKey>(
      runtime,
      { ...common("places", "absent"), kind: "geoIndex", expires: null, member: text },
      key("places"),
    ),
    open: limit("open", "allow"),
    shut: limit("shut", "deny"),
    sure: limit("sure", "throw"),
  };
}

export type Families = ReturnType<typeof familiesOf>;

/** Stores something everywhere, as often as it takes: the machine may be busy, or a failover not over. */
export async function fill(all: Families): Promise<void> {
  const attempt = async () => {
    await Promise.all([
      ...[all.strict, all.note, all.slid, all.loaded, all.soft, all.hard].map((family) => family.set(one, "stored")),
      ...[all.history, all.faint, all.firm].map((family) => family.recent(one, { orElse: async () => ["stored"] })),
      all.online.heartbeat(one),
      all.room.heartbeat(one, "Ann"),
      all.places.add(one, "Ulm", { longitude: 10, latitude: 48 }),
    ]);
  };
  await until(async () => {
    try {
      await attempt();
      return true;
    } catch {
      return false;
    }
  }, 30_000);
}

const around = [
  { longitude: 10, latitude: 48 },
  { radius: 10, unit: "km" },
] as const;

/** What every read answers, or the name of its error. */
export async function answers(all: Families) {
  const told = <T>(call: Promise<T>): Promise<T | string> =>
    call.catch((error: KeywrightError) => (error.mayHaveBeenApplied ? "error, perhaps applied" : "error"));
  const load = async () => "loaded";
  const orElse = async () => ["loaded"];
  const verdict = async (limit: Families["open"]) => {
    const { allowed, degraded } = await limit.consume(one);
    return { allowed, degraded };
  };
  const calls = {
    strict: all.strict.get(one),
    strictMany: all.strict.getMany([one, two]),
    note: all.note.get(one),
    noteMany: all.note.getMany([one, two]),
    slid: all.slid.get(one),
    loaded: all.loaded.fetch(one, load),
    loadedMany: all.loaded.fetchMany([one], async () => ["loaded"]),
    loadedGet: all.loaded.get(one),
    soft: all.soft.fetch(one, load),
    softGet: all.soft.get(one),
    softMany: all.soft.getMany([one]),
    hard: all.hard.fetch(one, load),
    history: all.history.recent(one, { orElse }),
    historyAlone: all.history.recent(one),
    faint: all.faint.recent(one, { orElse }),
    faintAlone: all.faint.recent(one),
    faintLength: all.faint.length(one),
    firm: all.firm.recent(one, { orElse }),
    online: all.online.isOnline(one),
    onlineAmong: all.online.onlineAmong([one, two]),
    inRoom: all.room.isOnline(one, "Ann"),
    inRoomAmong: all.room.onlineAmong(one, ["Ann", "Bob"]),
    members: all.room.members(one),
    count: all.room.count(one),
    near: all.places.near(one, ...around).then((found) => found.map(({ member }) => member)),
    position: all.places.position(one, "Ulm").then((found) => found && Math.round(found.latitude)),
    distance: all.places.distance(one, "Ulm", "Ulm", "km"),
    placesCount: all.places.count(one),
    open: verdict(all.open),
    shut: verdict(all.shut),
    sure: verdict(all.sure),
  };
  const settled = await Promise.all(
    Object.entries(calls).map(async ([name, call]) => [name, await told<unknown>(call)]),
  );
  return Object.fromEntries(settled) as Record<keyof typeof calls, unknown>;
}

/** While Redis is down, whatever the way. */
export const whileDown: Awaited<ReturnType<typeof answers>> = {
  strict: "error",
  strictMany: "error",
  note: null,
  noteMany: [null, null],
  slid: null,
  loaded: "loaded",
  loadedMany: ["loaded"],
  loadedGet: "error",
  soft: "loaded",
  softGet: null,
  softMany: [null],
  hard: "error",
  history: ["loaded"],
  historyAlone: "error",
  faint: ["loaded"],
  faintAlone: null,
  faintLength: "error",
  firm: "error",
  online: false,
  onlineAmong: [],
  inRoom: false,
  inRoomAmong: [],
  members: [],
  count: 0,
  near: [],
  position: null,
  distance: null,
  placesCount: "error",
  open: { allowed: true, degraded: true },
  shut: { allowed: false, degraded: true },
  sure: expect.stringMatching(/^error/),
};

/** What is stored. */
export const whileUp: Awaited<ReturnType<typeof answers>> = {
  strict: "stored",
  strictMany: ["stored", null],
  note: "stored",
  noteMany: ["stored", null],
  slid: "stored",
  loaded: "stored",
  loadedMany: ["stored"],
  loadedGet: "stored",
  soft: "stored",
  softGet: "stored",
  softMany: ["stored"],
  hard: "stored",
  history: ["stored"],
  historyAlone: ["stored"],
  faint: ["stored"],
  faintAlone: ["stored"],
  faintLength: 1,
  firm: ["stored"],
  online: true,
  onlineAmong: [one],
  inRoom: true,
  inRoomAmong: ["Ann"],
  members: ["Ann"],
  count: 1,
  near: ["Ulm"],
  position: 48,
  distance: 0,
  placesCount: 1,
  open: { allowed: true, degraded: false },
  shut: { allowed: true, degraded: false },
  sure: { allowed: true, degraded: false },
};

export { one };
