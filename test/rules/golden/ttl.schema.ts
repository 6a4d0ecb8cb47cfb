// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace, none, value } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const text = { ...said, value: z.string() };

export default keyspace({
  name: "ttl",
  families: {
    missing: value("a1:<id>", text),
    noForm: value("a2:<id>", { ...text, ttl: { forever: true } }),
    mixed: value("a3:<id>", { ...text, ttl: { fixed: "1h", sliding: "1h" } }),
    strangeField: value("a4:<id>", { ...text, ttl: { upTo: "1h", jitter: "1m" } }),
    missingField: value("a5:<id>", { ...text, ttl: { config: "textTtl", default: "1h" } }),
    noDuration: value("a6:<id>", { ...text, ttl: "1 hour" }),
    number: value("a7:<id>", { ...text, ttl: { fixed: 60 } }),
    nothing: value("a8:<id>", { ...text, ttl: "0s" }),
    tooLong: value("a9:<id>", { ...text, ttl: "4000d" }),
    jitter: value("b1:<id>", { ...text, ttl: { fixed: "1m", jitter: "1h" } }),
    slidingMax: value("b2:<id>", { ...text, ttl: { sliding: "1h", max: "1m" } }),
    configMax: value("b3:<id>", { ...text, ttl: { config: "textTtl", default: "1h", max: "1m" } }),
    configName: value("b4:<id>", { ...text, ttl: { config: "", default: "1h", max: "2h" } }),
    persist: value("b5:<id>", { ...text, ttl: { persist: " " } }),
    deadline: value("b6:<id>", { ...text, ttl: "1h", deadline: "soon" }),
    longDeadline: value("b7:<id>", { ...text, ttl: "1h", deadline: "5m" }),
    retries: value("b8:<id>", { ...text, ttl: "1h", retries: 8 }),
  },
});
