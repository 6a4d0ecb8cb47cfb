// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none, value } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const count = { ...said, ttl: "1h" };

export const forgotten = counter("b9:<id>", count);

export default keyspace({
  name: "documentation",
  services: ["chat", "Chat Room"],
  families: {
    nothing: counter("a1:<id>", { ttl: "1h", tag: none("alone") }),
    notes: counter("a2:<id>", { ...count, notes: 7 }),
    domain: counter("a3:<id>", { ...count, domain: "two\nlines" }),
    serviceName: counter("a4:<id>", { ...count, owner: "Chat Room" }),
    unknownService: counter("a5:<id>", { ...count, readers: ["gateway"] }),
    tier: counter("a6:<id>", { ...count, tier: "R9" }),
    store: counter("a7:<id>", { ...count, store: "locks" }),
    misspelt: counter("a8:<id>", { ...count, dedline: "1s" }),
    strange: counter("a9:<id>", { ...count, colour: "red" }),
    Capital: counter("b1:<id>", count),
    twin: counter("b2:<id>", count),
    tWin: counter("b3:<id>", count),
    no: 5,
    unknownKind: { ...counter("b4:<id>", count), kind: "set" },
    allowList: counter("b5:<id>", { ...count, allow: ["ttl-maximum"] }),
    allowEmpty: counter("b6:<id>", { ...count, allow: { "ttl-maximum": "" } }),
    noSchema: value("b7:<id>", { ...count, value: 5 }),
    writersText: counter("b8:<id>", { ...count, writers: "chat" }),
    readersText: counter("c1:<id>", { ...count, readers: "chat" }),
  },
});
