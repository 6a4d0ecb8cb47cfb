// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none, rateLimit, value } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const staleReads = "seconds do no harm";

export default keyspace({
  name: "stale-reads",
  families: {
    unreasoned: counter("a1:<id>", { ...said, ttl: "1h", staleReads: true }),
    coordinates: value("a2:<id>", { ...said, ttl: "1h", value: z.string(), tier: "R0", staleReads }),
    slides: value("a3:<id>", { ...said, ttl: { sliding: "1h" }, value: z.string(), staleReads }),
    limits: rateLimit("a4:<id>", {
      ...said,
      limit: 1,
      window: "1m",
      algorithm: "fixed-window",
      whenDown: "deny",
      staleReads,
    }),
  },
});
