// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace, none, session } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const user = { ...said, ttl: "1h", value: z.object({ userId: z.uuid() }) };
const ownedBy = (s) => s.userId;

export default keyspace({
  name: "session",
  families: {
    endless: session("a1:<id>", { ...user, ttl: { sliding: "1h" } }),
    jitter: session("a2:<id>", { ...user, ttl: { fixed: "1h", jitter: "1m" } }),
    persist: session("a3:<id>", { ...user, ttl: { persist: "signed in for ever" } }),
    upTo: session("a4:<id>", { ...user, ttl: { upTo: "1h" } }),
    noIndex: session("a5:<id>", { ...user, ownedBy }),
    noOwner: session("a6:<id>", { ...user, owners: "b1:<userId:uuid>" }),
    owners: session("a7:<id>", { ...user, ownedBy, owners: "b2:<userId:uid>" }),
    version: session("a9:<id>", { ...user, version: 0 }),
    noUpgrade: session("a10:<id>", { ...user, version: 2 }),
    upgrade: session("a11:<id>", { ...user, version: 2, upgrade: { 1: "rename" } }),
    newer: session("a12:<id>", { ...user, version: 2, upgrade: { 1: (old) => old, 2: (old) => old } }),
    twoOwners: session("a8:<id>", { ...user, ownedBy, owners: "b3:<userId>:<tenant>" }),
  },
});
