// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { cache, keyspace, none } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const user = { ...said, ttl: "10m", value: z.object({ id: z.uuid() }) };

export default keyspace({
  name: "cache",
  families: {
    sliding: cache("a1:<id>", { ...user, ttl: { sliding: "10m" } }),
    upTo: cache("a2:<id>", { ...user, ttl: { upTo: "10m" } }),
    persist: cache("a3:<id>", { ...user, ttl: { persist: "never changes" } }),
    loader: cache("a4:<id>", { ...user, loader: { timeout: "5s" } }),
    longLoad: cache("a5:<id>", { ...user, loader: { deadline: "2h" } }),
    noneInPlain: cache("a6:<id>", { ...user, wire: "plain", negative: "1m" }),
    negative: cache("a7:<id>", { ...user, negative: "soon" }),
  },
});
