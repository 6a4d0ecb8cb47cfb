// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { geoIndex, keyspace, none } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };

export default keyspace({
  name: "geo-index",
  families: {
    sliding: geoIndex("a1:<id>", { ...said, ttl: { sliding: "1h" }, member: z.uuid() }),
    short: geoIndex("a2:<id>", { ...said, ttl: "1m", member: z.uuid(), expires: "1h" }),
  },
});
