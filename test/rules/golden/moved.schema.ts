// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { cache, keyspace, none, rateLimit, session, tagScopes, token, value } from "keywright/schema";
import { z } from "zod";

const scopes = tagScopes({ mail: { tag: "{<email>}", because: "a code and its attempts change together" } });
const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const text = { ...said, ttl: "1h", value: z.object({ id: z.uuid() }) };
const code = { ...said, tag: scopes.mail, ttl: "10m", code: z.string().max(6) };
const until = "2027-01-31";
const phase = "legacy";

export default keyspace({
  name: "moved",
  scopes,
  families: {
    noObject: value("a1:<id>", { ...text, moved: "old:<id>" }),
    unknown: value("a2:<id>", { ...text, moved: { from: "b2:<id>", phase, untill: until, until } }),
    strategy: value("a3:<id>", { ...text, moved: { from: "b3:<id>", phase, until, strategy: "hand-off" } }),
    otherKinds: cache("a4:<id>", { ...text, moved: { from: "b4:<id>", phase, until, strategy: "value" } }),
    phase: value("a5:<id>", { ...text, moved: { from: "b5:<id>", phase: "miror", until } }),
    noPhase: value("a6:<id>", { ...text, moved: { from: "b6:<id>", until } }),
    until: value("a7:<id>", { ...text, moved: { from: "b7:<id>", phase, until: "2027-02-30" } }),
    noFrom: value("a8:<id>", { ...text, moved: { phase, until } }),
    twoTags: value("a9:<id>", { ...text, moved: { from: "{b9}:{<id>}", phase, until } }),
    same: value("a10:<id>", { ...text, moved: { from: "a10:<id>", phase, until } }),
    codecs: value("a11:<id:uuid>", { ...text, moved: { from: "b11:<id>", phase, until } }),
    owned: session("a12:<id>", {
      ...text,
      ownedBy: (s) => s.id,
      owners: "c12:<userId:uuid>",
      moved: { from: "b12:<id>", phase, until },
    }),
    current: token("a13:{<email>}:<t>", {
      ...text,
      tag: scopes.mail,
      current: "c13:{<email>}",
      moved: { from: "b13:{<email>}:<t>", phase, until },
    }),
    noList: rateLimit("a14:<id>", {
      ...said,
      limit: 1,
      window: "1h",
      algorithm: "fixed-window",
      whenDown: "deny",
      moved: { from: "b14:<id>", phase, until, companions: "b14" },
    }),
    noCompanion: token("a15:{<email>}", {
      ...code,
      attempts: { max: 5 },
      moved: { from: "b15:{<email>}", phase, until, companions: { atempts: "c15:{<email>}" } },
    }),
    unnamed: token("a16:{<email>}", {
      ...code,
      attempts: { max: 5, pattern: "c16:{<email>}" },
      moved: { from: "b16:{<email>}", phase, until },
    }),
    otherParameters: token("a17:{<email>}", {
      ...code,
      attempts: { max: 5 },
      moved: { from: "b17:{<email>}", phase, until, companions: { attempts: "c17:{<mail>}" } },
    }),
    otherSlot: token("a18:{<email>}", {
      ...code,
      attempts: { max: 5 },
      moved: { from: "b18:<email>", phase, until, companions: { attempts: "b18:<email>:attempts" } },
    }),
    foreign: value("a19:<id>", {
      ...text,
      wire: "plain",
      writers: [{ service: "legacy-api", foreign: "go", moved: "soon" }],
      readers: ["chat"],
    }),
    usesRetired: value("a20:<id>", { ...text, moved: { from: "b20:<id>", phase, until } }),
    taken: value("a21:<id>", { ...text, moved: { from: "a20:<id>", phase, until } }),
  },
  retired: { "b20:<id>": "moved in January 2026", "b21:<id": "", "b22:<id>": "" },
});
