// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { cache, cappedList, counter, geoIndex, keyspace, none, presence, rateLimit, session, token, value } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const hour = { ...said, ttl: "1h" };
const item = z.object({ id: z.uuid() });
const five = { ...said, limit: 5, window: "1h", algorithm: "gcra" };

export default keyspace({
  name: "when-down",
  families: {
    nonsense: value("a1:<id>", { ...hour, value: item, whenDown: "panic" }),
    noLoader: value("a2:<id>", { ...hour, value: item, whenDown: "load" }),
    coordination: value("a3:<id>", { ...hour, value: item, tier: "R0", whenDown: "absent" }),
    noLimit: cache("a4:<id>", { ...hour, value: item, whenDown: "allow" }),
    ownTruth: cappedList("a5:<id>", { ...hour, item, cap: 9, history: "recent", whenDown: "load" }),
    count: counter("a6:<id>", { ...hour, whenDown: "absent" }),
    where: geoIndex("a7:<id>", { ...hour, member: z.string(), whenDown: "deny" }),
    there: presence("a8:<id>", { ...hour, heartbeat: "1m", whenDown: null }),
    limit: rateLimit("a9:<id>", { ...five, whenDown: "absent" }),
    signedIn: session("b1:<id>", { ...hour, value: item, whenDown: "absent" }),
    link: token("b2:<id>", { ...hour, value: item, whenDown: "absent" }),
  },
});
