/**
 * The rows of the app's own key inventory, as its services in Go wrote them: on the example's generated repositories and
 * service code, each stored byte checked by plain commands, on a single server and on a Cluster.
 */
import { createHash, randomUUID } from "node:crypto";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messagesOf, postMessage } from "../../examples/friends/demo/services/chat.js";
import { Database } from "../../examples/friends/demo/services/database.js";
import { addEvents, cancelEvent, eventsNear } from "../../examples/friends/demo/services/events.js";
import {
  endFriendship,
  friendsOf,
  sharesLocation,
  toggleSharing,
} from "../../examples/friends/demo/services/friends.js";
import { previewOf } from "../../examples/friends/demo/services/links.js";
import {
  devicesOf,
  elevate,
  saveSession,
  sessionOf,
  signOutEverywhere,
  startSession,
} from "../../examples/friends/demo/services/sessions.js";
import {
  applePublicKeys,
  authenticate,
  beginPasskeyRegistration,
  beginPasskeySignIn,
  finishPasskeySignIn,
  issueRefreshToken,
  revokeRefreshToken,
} from "../../examples/friends/demo/services/sign-in.js";
import { createRepositories, type Service } from "../../examples/friends/generated/redis/index.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const rejection = (call: Promise<unknown>) =>
  call.then(
    () => "it did not fail",
    (error) => error,
  );

describe.each(topologies.filter(({ name }) => name === "single" || name === "cluster"))(
  "the friends app on $name",
  (topology) => {
    const prefix = uniquePrefix();
    let connection: Connection;
    const as = <S extends Service>(service: S) => createRepositories(connection.client, { service, prefix });
    const raw = (...args: [string, ...string[]]) => connection.send(args);
    const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
    /** A user's id, a room's, …: no test meets the keys of another. */
    const fresh = () => randomUUID();

    beforeAll(async () => {
      connection = await topology.connect();
    });
    afterAll(async () => {
      await connection.flushPrefix(prefix);
      // Companions of untagged lists begin with a brace.
      await connection.flushPrefix(`{${prefix}`);
      await connection.close();
    });

    /** A moment has passed since it was set, and no more than a minute. */
    async function expectTtl(key: string, ms: number): Promise<void> {
      const left = (await raw("PTTL", key)) as number;
      expect(left).toBeGreaterThan(Math.max(0, ms - minute));
      expect(left).toBeLessThanOrEqual(ms);
    }

    test("I3 chat:messages:{room} holds the newest 100 for 24 h; read-through, and the database on a miss or without Redis", async () => {
      const [chat, database, chatRoomId] = [as("chat"), new Database(), fresh()];
      const key = `${prefix}chat:messages:${chatRoomId}`;
      const post = (n: number) => postMessage(chat, database, { chatRoomId, senderId: "42", body: `no. ${n}` });
      expect(await post(0)).toBe(false);
      expect(await raw("EXISTS", key)).toBe(0);
      expect((await messagesOf(chat, database, chatRoomId)).map(({ body }) => body)).toEqual(["no. 0"]);
      await expectTtl(key, day);
      await raw("PEXPIRE", key, String(hour));
      for (let i = 1; i <= 101; i++) expect(await post(i)).toBe(true);
      expect([await raw("TYPE", key), await raw("LLEN", key)]).toEqual(["list", 100]);
      await expectTtl(key, day);
      expect(await raw("LINDEX", key, "-1")).toBe(
        `{"id":"${chatRoomId}-102","sender_id":"42","body":"no. 101","sent_at":"2026-01-02T18:01:41.000Z"}`,
      );
      const asked = database.questions;
      const bodies = (await messagesOf(chat, database, chatRoomId)).map(({ body }) => body);
      expect(bodies).toEqual(Array.from({ length: 100 }, (_, i) => `no. ${i + 2}`));
      expect(database.questions).toBe(asked);

      await raw("DEL", key);
      expect((await messagesOf(chat, database, chatRoomId)).map(({ body }) => body)).toEqual(bodies);
      expect([database.questions, await raw("LLEN", key)]).toEqual([asked + 1, 100]);

      const away = createRepositories(
        createClient().on("error", () => undefined),
        { service: "chat", prefix },
      );
      expect((await messagesOf(away, database, chatRoomId)).map(({ body }) => body)).toEqual(bodies);
      expect(database.questions).toBe(asked + 2);
    });

    test("I3 what the services in Go pushed to chat:messages:{room} is read", async () => {
      const [chat, chatRoomId] = [as("chat"), fresh()];
      const text =
        '{ "sent_at":"2026-01-02T03:04:05.123456789+02:00","id":"1","sender_id":"7","body":"Olá","edited":null}';
      await raw("RPUSH", `${prefix}chat:messages:${chatRoomId}`, text);
      expect(await chat.chatMessages.recent({ chatRoomId })).toEqual([
        { id: "1", sender_id: "7", body: "Olá", sent_at: "2026-01-02T03:04:05.123456789+02:00" },
      ]);
    });

    test("K1 refresh_token:{token} is the user's id, as text, until the token expires; sign-out deletes it", async () => {
      const [identity, gateway] = [as("identity"), as("gateway")];
      const token = await issueRefreshToken(identity, "42");
      const key = `${prefix}refresh_token:${token}`;
      expect(await raw("GET", key)).toBe("42");
      await expectTtl(key, 30 * day);
      expect(await authenticate(gateway, "203.0.113.7", token)).toEqual({ status: 200, userId: "42" });
      expect(await revokeRefreshToken(identity, token)).toBe(true);
      expect(await raw("EXISTS", key)).toBe(0);
      expect(await authenticate(gateway, "203.0.113.7", token)).toEqual({ status: 401 });
      expect(await revokeRefreshToken(identity, token)).toBe(false);

      // The caller says how long, within the schema's bound; one that Go wrote is read.
      await identity.refreshToken.set({ token }, "43", { ttl: 90_500 });
      const left = (await raw("PTTL", key)) as number;
      expect(left).toBeGreaterThan(60_000);
      expect(left).toBeLessThanOrEqual(90_500);
      const tooLong = rejection(identity.refreshToken.set({ token }, "44", { ttl: "91d" }));
      expect(await tooLong).toMatchObject({ code: "invalid-argument", field: "ttl" });
      await raw("SET", key, "45", "EX", "60");
      expect(await gateway.refreshToken.get({ token })).toBe("45");
    });

    test("K2 webauthn:reg and webauthn:login hold validated JSON for 5 min; an answer counts once", async () => {
      const [identity, userId] = [as("identity"), fresh()];
      await beginPasskeyRegistration(identity, userId);
      const challenge = await beginPasskeySignIn(identity, userId);
      for (const name of ["reg", "login"]) {
        const key = `${prefix}webauthn:${name}:${userId}`;
        expect(JSON.parse(String(await raw("GET", key)))).toEqual({
          challenge: expect.stringMatching(/^[\w-]{43}$/),
          userId,
          rpId: "friends.example",
          userVerification: "preferred",
        });
        await expectTtl(key, 5 * minute);
      }
      expect(await finishPasskeySignIn(identity, userId, challenge)).toBe(true);
      expect(await finishPasskeySignIn(identity, userId, challenge)).toBe(false);

      const bad = { challenge: "not base64url!", userId, rpId: "x", userVerification: "preferred" } as const;
      const commands = await sent(async () => {
        expect(await rejection(identity.webauthnLogin.set({ userId }, bad))).toMatchObject({ code: "invalid-value" });
      });
      expect(commands).toEqual([]);
      await raw("SET", `${prefix}webauthn:login:${userId}`, JSON.stringify(bad));
      expect(await rejection(identity.webauthnLogin.take({ userId }))).toMatchObject({ code: "undecodable-value" });
    });

    test("K2 apple_public_keys holds Apple's keys for 24 h; what does not decode is fetched anew", async () => {
      const [identity, database] = [as("identity"), new Database()];
      const key = `${prefix}apple_public_keys`;
      const keys = await database.applePublicKeys();
      database.questions = 0;
      expect(await applePublicKeys(identity, database)).toEqual(keys);
      expect(await raw("GET", key)).toBe(JSON.stringify(keys));
      await expectTtl(key, day);
      expect(await applePublicKeys(identity, database)).toEqual(keys);
      expect(database.questions).toBe(1);
      await raw("SET", key, '{"keys":[{"kty":"EC"}]}');
      expect(await applePublicKeys(identity, database)).toEqual(keys);
      expect(database.questions).toBe(2);
      expect(await raw("GET", key)).toBe(JSON.stringify(keys));
    });

    test("K3 user:privacy is 0 or 1 for 24 h; a toggle invalidates it", async () => {
      const [friends, chat, database] = [as("friends"), as("chat"), new Database()];
      const users = ["1000", "1001", "1002"];
      const key = (userId: string) => `${prefix}user:privacy:${userId}`;
      expect(await sharesLocation(friends, database, users)).toEqual([false, true, true]);
      expect(await Promise.all(users.map((userId) => raw("GET", key(userId))))).toEqual(["0", "1", "1"]);
      for (const userId of users) await expectTtl(key(userId), day);
      await sharesLocation(friends, database, users);
      expect(database.questions).toBe(1);

      await toggleSharing(friends, database, "1001", false);
      expect(await raw("EXISTS", key("1001"))).toBe(0);
      expect(await sharesLocation(friends, database, users)).toEqual([false, false, true]);
      expect(await raw("GET", key("1001"))).toBe("0");
      // As Go wrote it, and as nobody should have: that is loaded anew.
      await raw("SET", key("1000"), "1");
      expect(await chat.userPrivacy.get({ userId: "1000" })).toBe(true);
      await raw("SET", key("1000"), "true");
      expect(await sharesLocation(friends, database, ["1000"])).toEqual([false]);
      expect(await raw("GET", key("1000"))).toBe("0");
    });

    test("K4 presence is 1 for 3 min, renewed by each ping; 1,000 ids are asked for in batches, each of one slot", async () => {
      const [presence, chat] = [as("presence"), as("chat")];
      const users = Array.from({ length: 1000 }, (_, i) => ({ userId: `k4-${i}` }));
      const online = users.filter((_, i) => i % 3 === 0);
      await Promise.all(online.map((user) => presence.userPresence.heartbeat(user)));
      const key = `${prefix}presence:k4-0`;
      expect(await raw("GET", key)).toBe("1");
      await raw("PEXPIRE", key, "1000");
      expect(await presence.userPresence.heartbeat({ userId: "k4-0" })).toBe(false);
      await expectTtl(key, 3 * minute);

      const commands = await sent(async () => {
        expect(await chat.userPresence.onlineAmong(users)).toEqual(online);
      });
      for (const [name, ...keys] of commands) {
        expect(["GET", "MGET", "EXISTS"]).toContain(name);
        if (topology.isCluster) expect(new Set(keys.map(keySlot)).size).toBe(1);
      }
      if (!topology.isCluster) expect(commands.filter(([name]) => name === "MGET")).toHaveLength(16);
      const asked = commands.filter(([name]) => name !== "EXISTS").flatMap(([, ...keys]) => keys);
      expect(asked.sort()).toEqual(users.map(({ userId }) => `${prefix}presence:${userId}`).sort());

      expect(await presence.userPresence.leave({ userId: "k4-0" })).toBe(true);
      expect(await raw("EXISTS", key)).toBe(0);
      expect(await chat.userPresence.isOnline({ userId: "k4-0" })).toBe(false);
    });

    test("K5 active_location and user:location are plain JSON, byte for byte, for 15 min and 24 h", async () => {
      const [presence, friends, discovery] = [as("presence"), as("friends"), as("discovery")];
      const userId = fresh();
      const at = { lat: 52.52, lng: 13.405, updated_at: "2026-01-02T03:04:05Z" };
      const here = { ...at, arrived_at: "2026-01-02T01:00:00Z" };
      await presence.activeLocation.set({ userId }, at);
      await friends.userLocation.set({ userId }, here);
      const [pin, location] = [`${prefix}active_location:${userId}`, `${prefix}user:location:${userId}`];
      expect(await raw("GET", pin)).toBe('{"lat":52.52,"lng":13.405,"updated_at":"2026-01-02T03:04:05Z"}');
      expect(await raw("GET", location)).toBe(
        '{"lat":52.52,"lng":13.405,"updated_at":"2026-01-02T03:04:05Z","arrived_at":"2026-01-02T01:00:00Z"}',
      );
      await expectTtl(pin, 15 * minute);
      await expectTtl(location, day);
      expect(await friends.activeLocation.getMany([{ userId }, { userId: fresh() }])).toEqual([at, null]);
      expect(await discovery.userLocation.get({ userId })).toEqual(here);

      // Go's own order of fields, and its times with nanoseconds and an offset.
      const byGo =
        '{"arrived_at":"2026-01-02T03:04:05.000000001+01:00","lat":-90,"updated_at":"2026-01-02T03:04:05Z","lng":180}';
      await raw("SET", location, byGo, "EX", "60");
      expect(await discovery.userLocation.get({ userId })).toEqual({
        lat: -90,
        lng: 180,
        updated_at: "2026-01-02T03:04:05Z",
        arrived_at: "2026-01-02T03:04:05.000000001+01:00",
      });
      for (const bad of [{ lat: 90.1 }, { lng: -180.1 }, { lat: Number.NaN }, { updated_at: "yesterday" }]) {
        expect(await rejection(friends.userLocation.set({ userId }, { ...here, ...bad }))).toMatchObject({
          code: "invalid-value",
        });
      }
      expect(await raw("GET", location)).toBe(byGo);
      // Sharing ends.
      expect(await presence.activeLocation.delete({ userId })).toBe(true);
      expect(await raw("EXISTS", pin)).toBe(0);
      // "configurable": start-up sets it.
      const longer = createRepositories(connection.client, { prefix, ttl: { activeLocationTtl: "2h" } });
      await longer.activeLocation.set({ userId }, at);
      await expectTtl(pin, 2 * hour);
    });

    test("K6 chat:online is a marker for 1 h; leaving deletes it", async () => {
      const [chat, who] = [as("chat"), { chatRoomId: "7", userId: fresh() }];
      const key = `${prefix}chat:online:7:${who.userId}`;
      expect(await chat.chatOnline.heartbeat(who)).toBe(true);
      expect(await raw("GET", key)).toBe("1");
      await expectTtl(key, hour);
      expect(await chat.chatOnline.isOnline(who)).toBe(true);
      expect(await chat.chatOnline.isOnline({ ...who, chatRoomId: "8" })).toBe(false);
      expect(await chat.chatOnline.leave(who)).toBe(true);
      expect(await raw("EXISTS", key)).toBe(0);
    });

    test("K6 user:friends is the list as plain JSON; ending a friendship deletes both lists", async () => {
      const [friends, database] = [as("friends"), new Database()];
      const [mara, friend] = ["42", "1000"].map((userId) => `${prefix}user:friends:${userId}`) as [string, string];
      expect(await friendsOf(friends, database, "42")).toHaveLength(1000);
      await friendsOf(friends, database, "1000");
      expect(await raw("GET", friend)).toBe('[{"userId":"42","since":"2025-03-01T09:00:00Z"}]');
      await expectTtl(friend, 10 * minute);
      const asked = database.questions;
      await friendsOf(friends, database, "42");
      expect(database.questions).toBe(asked);
      await endFriendship(friends, database, "42", "1000");
      expect([await raw("EXISTS", mara), await raw("EXISTS", friend)]).toEqual([0, 0]);
      expect(await friendsOf(friends, database, "42")).toHaveLength(999);
    });

    test("K6 link-preview:{sha256(url)} is found by the URL alone", async () => {
      const [links, chat, database] = [as("links"), as("chat"), new Database()];
      const url = `https://example.com/${fresh()}?q=a b&{x}=é`;
      const key = `${prefix}link-preview:${createHash("sha256").update(url).digest("hex")}`;
      const preview = await previewOf(links, database, url);
      expect(await raw("GET", key)).toBe('{"title":"The ten quietest cafés of Lisbon","site":"example.com"}');
      await expectTtl(key, 6 * hour);
      expect(await previewOf(links, database, url)).toEqual(preview);
      expect(await chat.linkPreview.get({ url })).toEqual(preview);
      expect(await chat.linkPreview.get({ url: `${url}x` })).toBeNull();
      expect(database.questions).toBe(1);
    });

    test("K7 events:geo: GEOADD in batches, GEOSEARCH finds what GEORADIUS found; no TTL; removed by id", async () => {
      const [events, discovery, database] = [as("events"), as("discovery"), new Database()];
      const key = `${prefix}events:geo`;
      const commands = await sent(async () => {
        expect(await addEvents(events, database.events)).toBe(10_000);
      });
      expect(commands.map(([name, on, ...rest]) => [name, on, rest.length])).toEqual(
        Array(10).fill(["GEOADD", key, 3000]),
      );
      expect([await raw("TYPE", key), await raw("ZCARD", key), await raw("PTTL", key)]).toEqual(["zset", 10_000, -1]);

      const lisbon = { longitude: -9.1393, latitude: 38.7223 };
      for (const kilometres of [0.05, 1, 5, 25, 200]) {
        const found = await eventsNear(discovery, lisbon, kilometres);
        const before = (await raw(
          ...(["GEORADIUS", key, String(lisbon.longitude), String(lisbon.latitude)] as const),
          ...([String(kilometres), "km", "WITHDIST", "ASC"] as const),
        )) as [string, string][];
        expect(found.map(({ member, distance }) => [member, distance])).toEqual(
          before.map(([member, distance]) => [member, Number(distance)]),
        );
        if (kilometres > 5) expect(found.length).toBeGreaterThan(1000);
      }
      const nearest = await eventsNear(discovery, lisbon, 25, 7);
      expect(nearest).toEqual((await eventsNear(discovery, lisbon, 25)).slice(0, 7));

      const { member } = nearest[0] as (typeof nearest)[number];
      expect(await cancelEvent(events, member)).toBe(true);
      expect(await cancelEvent(events, member)).toBe(false);
      expect(await discovery.eventsGeo.position({}, member)).toBeNull();
      expect((await eventsNear(discovery, lisbon, 25, 1))[0]?.member).toBe(nearest[1]?.member);
      expect(await discovery.eventsGeo.count({})).toBe(9999);
    });

    test("sign-out everywhere: sessions of several devices, one with a new token; nobody else's; no late save", async () => {
      const [identity, gateway, userId] = [as("identity"), as("gateway"), fresh()];
      const tokens: string[] = [];
      for (const device of ["phone", "laptop", "tablet"]) tokens.push(await startSession(identity, userId, device));
      const other = await startSession(identity, fresh(), "phone");
      const [phone, laptop, tablet] = tokens as [string, string, string];
      await expectTtl(`${prefix}session:web:${phone}`, 30 * minute);
      const late = await sessionOf(gateway, tablet);
      expect(late).toMatchObject({ userId, device: "tablet", elevated: false });

      const elevated = (await elevate(identity, laptop)) as string;
      expect(await sessionOf(gateway, laptop)).toBeNull();
      expect(await sessionOf(gateway, elevated)).toMatchObject({ device: "laptop", elevated: true });
      expect(await elevate(identity, laptop)).toBeUndefined();
      expect((await devicesOf(identity, userId)).map(({ device }) => device).sort()).toEqual([
        "laptop",
        "phone",
        "tablet",
      ]);

      expect(await signOutEverywhere(identity, userId)).toBe(3);
      for (const token of [phone, elevated, tablet]) expect(await sessionOf(gateway, token)).toBeNull();
      expect(await devicesOf(identity, userId)).toEqual([]);
      expect(await saveSession(gateway, tablet, late as NonNullable<typeof late>)).toBe(false);
      expect(await raw("EXISTS", `${prefix}session:web:${tablet}`)).toBe(0);
      expect(await sessionOf(gateway, other)).not.toBeNull();
      expect(await signOutEverywhere(identity, userId)).toBe(0);
    });
  },
);
