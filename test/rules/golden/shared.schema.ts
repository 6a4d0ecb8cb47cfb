// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };

export default keyspace({
  name: "shared",
  families: { rates: counter("a1:<id>", { ...said, ttl: "1h", shared: "one provider for all" }) },
});
