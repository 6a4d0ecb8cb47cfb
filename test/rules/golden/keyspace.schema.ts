// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none, tagScopes } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const count = { ...said, ttl: "1h" };
const because = "a room changes together";
const scopes = tagScopes({
  room: { tag: "{<roomId>}", because },
  same: { tag: "{<roomId>}", because },
  "no-name": { tag: "{<a>}", because },
  braceless: { tag: "user:<b>", because },
  reasonless: { tag: "{<c>}", because: "" },
  slot: { tag: "{jobs}", because },
  notConstant: { tag: "{<d>}", because, constant: true },
});
const elsewhere = tagScopes({ other: { tag: "{<e>}", because } });

export default keyspace({
  name: "Key Space",
  scopes,
  stores: ["default", "locks"],
  servces: ["chat"],
  scripts: [],
  colour: "red",
  rules: {
    naming: "yes",
    scopes: "room",
    functions: ["lock"],
    maxTtl: { kinds: { counter: "1 hour" } },
    personaldata: ["iban"],
    colour: "red",
  },
  allow: { "ttl-maximum": " " },
  families: {
    room: counter("a1:<id>", count),
    noTag: counter("a2:<id>", { ...count, tag: undefined }),
    hasTag: counter("a3:{<roomId>}", count),
    noReason: counter("a4:<id>", { ...count, tag: none(" ") }),
    unknownScope: counter("a5:{<e>}", { ...count, tag: elsewhere.other }),
    untagged: counter("a6:<roomId>", { ...count, tag: scopes.room }),
    otherTag: counter("a7:{<id>}", { ...count, tag: scopes.room }),
    here: counter("a8:{<roomId>}", { ...count, tag: scopes.room }),
    there: counter("a9:{<roomId>}", { ...count, tag: scopes.room, store: "locks" }),
  },
});
