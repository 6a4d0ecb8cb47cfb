// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };

export default keyspace({
  name: "counter",
  families: {
    upTo: counter("a1:<id>", { ...said, ttl: { upTo: "1h" } }),
    slidingMax: counter("a2:<id>", { ...said, ttl: { sliding: "1m", max: "1h" } }),
    jitter: counter("a3:<id>", { ...said, ttl: { fixed: "1h", jitter: "1m" } }),
  },
});
