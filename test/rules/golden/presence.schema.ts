// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace, none, presence } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };

export default keyspace({
  name: "presence",
  families: {
    sliding: presence("a1:<id>", { ...said, ttl: { sliding: "1h" }, heartbeat: "20s" }),
    short: presence("a2:<id>", { ...said, ttl: "1m", heartbeat: "1m" }),
    devices: presence("a3:<id>", { ...said, ttl: "1h", heartbeat: "20s", devices: true }),
  },
});
