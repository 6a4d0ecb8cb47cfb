/** What must not compile with tokens. `tsc --noEmit` is the test: an expected error that does not come is an error. */
import type { Clients, Issued, Verification } from "keywright";
import { none, tagScopes, token } from "keywright/schema";
import { z } from "zod";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<Claim extends true>(): Claim;
declare const client: Clients;

const chat = createRepositories(client, { service: "chat" });
const gateway = createRepositories(client, { service: "gateway" });
const [roomId, userId, secret] = [42, "8a6e0804-2bd0-4672-b79d-d97027f9071a", "secret"];

export async function calls(): Promise<void> {
  await chat.invite.issue({ token: secret }, { roomId, invitedBy: userId }, { ttl: "1h" });
  await chat.invite.issue({ token: secret }, { roomId, invitedBy: userId }, { expiresAt: new Date(), notBeyond: 7 });
  await chat.joinToken.issue({ roomId, token: secret }, { userId, since: new Date() }, { notBeyond: new Date() });

  // @ts-expect-error the schema leaves the TTL to the caller
  await chat.invite.issue({ token: secret }, { roomId, invitedBy: userId });

  // @ts-expect-error a duration is a number and its unit
  await chat.invite.issue({ token: secret }, { roomId, invitedBy: userId }, { ttl: "2 days" });

  // @ts-expect-error one of the two
  await chat.invite.issue({ token: secret }, { roomId, invitedBy: userId }, { ttl: "2d", expiresAt: new Date() });

  // @ts-expect-error the schema fixes the TTL
  await chat.joinToken.issue({ roomId, token: secret }, { userId, since: new Date() }, { ttl: "1h" });

  const invited = await chat.invite.consume({ token: secret });
  holds<Equal<typeof invited, { readonly roomId: number; readonly invitedBy: string } | null>>();
  await chat.joinToken.rotate({ roomId, token: secret }, { roomId, token: "another" });
  await chat.joinToken.revokeCurrent({ roomId });
  await gateway.joinToken.peek({ roomId, token: secret });
  const issued = await chat.doorCode.issue({ roomId }, "123456");
  const verification = await chat.doorCode.verify({ roomId }, "123456");
  holds<Equal<typeof issued, Issued>>();
  holds<Equal<typeof verification, Verification>>();

  // @ts-expect-error whether it was issued comes first
  issued.retryAfterMs;

  // @ts-expect-error the token is not among a scope's parameters
  await chat.joinToken.revokeCurrent({ roomId, token: secret });

  // @ts-expect-error the schema knows no current invitation
  await chat.invite.revokeCurrent({});

  // @ts-expect-error a code has no payload to consume
  await chat.doorCode.consume({ roomId });

  // @ts-expect-error the value has no invitedBy
  await chat.invite.issue({ token: secret }, { roomId }, { ttl: "1h" });

  // @ts-expect-error "gateway only reads joinToken; it is written by chat"
  await gateway.joinToken.consume({ roomId, token: secret });

  const results = await chat
    .room({ roomId })
    .transaction((tx) => [tx.joinToken.consume({ token: secret }), tx.doorCode.verify("123456"), tx.topic.get()]);
  holds<Equal<(typeof results)[0], Awaited<ReturnType<typeof chat.joinToken.consume>>>>();
  holds<Equal<(typeof results)[1], Verification>>();

  // @ts-expect-error the room is fixed by the scope, and the token is not
  await chat.room({ roomId }).transaction((tx) => [tx.joinToken.consume({ roomId })]);

  // @ts-expect-error "gateway only reads doorCode; it is written by chat"
  await gateway.room({ roomId }).transaction((tx) => [tx.doorCode.revoke()]);
}

const scopes = tagScopes({ user: { tag: "{<userId>}", because: "a user changes together" } });
const said = { purpose: "For a test.", owner: "a", writers: ["a"], readers: [] } as const;
const tagged = { ...said, tag: scopes.user, ttl: "10m" } as const;
const alone = { ...said, tag: none("each stands alone"), ttl: "10m" } as const;

token("reset:<token:sha256>", { ...alone, value: z.string() });
token("stream:{<userId>}:<token:sha256>", { ...tagged, value: z.string(), current: "current:{<userId>}" });
token("code:{<userId>}", { ...tagged, code: z.string(), attempts: { max: 5, pattern: "tries:{<userId>}" } });

// @ts-expect-error a token stands for a value, or is a code
token("reset:<token:sha256>", { ...alone });

// @ts-expect-error a code says how often somebody may fail
token("code:<subject>", { ...alone, code: z.string() });

// @ts-expect-error codes are texts
token("code:<subject>", { ...alone, code: z.number(), attempts: { max: 5 } });

// @ts-expect-error a hash tag holds something
token("stream:{<userId>}:<token:sha256>", { ...tagged, value: z.string(), current: "current:{}" });

// @ts-expect-error there is no codec uid
token("code:{<userId>}", { ...tagged, code: z.string(), attempts: { max: 5, pattern: "tries:{<userId:uid>}" } });

// @ts-expect-error the pattern holds no tag
token("reset:<token:sha256>", { ...tagged, value: z.string() });
