// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace, none, session, value } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const text = { ...said, ttl: "1h" };

export default keyspace({
  name: "values",
  families: {
    noValue: value("a1:<id>", text),
    date: value("a2:<id>", { ...text, wire: "json", value: z.object({ at: z.date() }) }),
    notInt: value("a3:<id>", { ...text, wire: "int", value: z.string() }),
    bareFunction: value("a4:<id>", { ...text, value: z.object({ run: z.function() }) }),
    nullable: value("a5:<id>", { ...text, value: z.string().nullable() }),
    envelope: session("a6:<id>", { ...text, wire: "string", value: z.string() }),
    overwrite: value("a7:<id>", { ...text, value: z.string(), overwrite: "never" }),
    undecodable: value("a8:<id>", { ...text, value: z.string(), undecodable: "ignore" }),
    slidingMax: value("a9:<id>", { ...text, value: z.string(), ttl: { sliding: "1m", max: "1h" } }),
    jitter: value("b1:<id>", { ...text, value: z.string(), ttl: { fixed: "1h", jitter: "1m" } }),
    refined: value("b3:<id>", { ...text, value: z.object({ name: z.string().refine((name) => name !== "root") }) }),
    bareVersion: value("b4:<id>", { ...text, wire: "plain", value: z.object({ name: z.string() }), version: 2 }),
    keep: value("b2:<id>", { ...text, value: z.string(), ttl: { sliding: "1h" }, overwrite: "keep" }),
  },
});
