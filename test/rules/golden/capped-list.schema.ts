// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { cappedList, keyspace, none } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const list = { ...said, ttl: "1h", cap: 100, item: z.object({ id: z.uuid() }) };

export default keyspace({
  name: "capped-list",
  families: {
    cap: cappedList("a1:<id>", { ...list, cap: 0 }),
    history: cappedList("a2:<id>", { ...list, history: "some" }),
    fill: cappedList("a3:<id>", { ...list, history: "recent", fill: "10s" }),
    sliding: cappedList("a4:<id>", { ...list, ttl: { sliding: "1h" } }),
    upTo: cappedList("a5:<id>", { ...list, ttl: { upTo: "1h" } }),
    jitter: cappedList("a6:<id>", { ...list, ttl: { fixed: "1h", jitter: "1m" } }),
  },
});
