// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace, none, tagScopes, token } from "keywright/schema";
import { z } from "zod";

const scopes = tagScopes({ user: { tag: "{<userId>}", because: "what a user is sent changes together" } });
const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const invite = { ...said, ttl: "10m", value: z.object({ id: z.uuid() }) };
const code = { ...said, ttl: "10m", code: z.string().regex(/^\d{6}$/), attempts: { max: 5 } };
const tagged = { ...code, tag: scopes.user };

export default keyspace({
  name: "token",
  scopes,
  families: {
    sliding: token("a1:<id>", { ...invite, ttl: { sliding: "10m" } }),
    persist: token("a2:<id>", { ...invite, ttl: { persist: "for ever" } }),
    jitter: token("a3:<id>", { ...invite, ttl: { fixed: "10m", jitter: "1m" } }),
    attemptsOfValue: token("a4:<id>", { ...invite, attempts: { max: 5 } }),
    currentOfCode: token("a5:<id>", { ...code, current: "b5:<id>" }),
    both: token("a6:<id>", { ...code, value: z.string() }),
    noToken: token("a7", invite),
    noAttempts: token("a8:<id>", { ...code, attempts: undefined }),
    maxAttempts: token("a9:<id>", { ...code, attempts: { max: 0 } }),
    forgets: token("a10:<id>", { ...code, attempts: { max: 5, ttl: "1m" } }),
    option: token("a11:<id>", { ...code, attempts: { max: 5, tll: "1h" } }),
    cooldown: token("a12:<id>", { ...code, cooldown: "60s" }),
    untagged: token("a13:<id>", { ...code, attempts: { max: 5, pattern: "b13:<id>" } }),
    otherTag: token("a14:{<userId>}", { ...tagged, cooldown: { for: "60s", pattern: "b14:<userId>" } }),
    noText: token("a15:{<userId>}", { ...tagged, cooldown: { for: "60s", pattern: 5 } }),
    parameters: token("a16:{<userId>}:<day:date>", { ...tagged, attempts: { max: 5, pattern: "b16:{<userId>}" } }),
    pointer: token("a17:{<userId>}:<day:date>:<token:hex>", { ...invite, tag: scopes.user, current: "b17:{<userId>}" }),
    pointerCodec: token("a18:{<userId>}:<token:hex>", { ...invite, tag: scopes.user, current: "b18:{<userId>}:<x:uid>" }),
  },
});
