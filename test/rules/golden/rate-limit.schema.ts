// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace, none, rateLimit } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const five = { ...said, limit: 5, window: "1h", algorithm: "gcra", whenDown: "deny" };
const remember = "1h";

export default keyspace({
  name: "rate-limit",
  families: {
    none: rateLimit("a1:<id>", { ...five, limit: 0 }),
    window: rateLimit("a2:<id>", { ...five, window: "1 hour" }),
    algorithm: rateLimit("a3:<id>", { ...five, algorithm: "leaky" }),
    burst: rateLimit("a4:<id>", { ...five, algorithm: "fixed-window", burst: 5 }),
    whenDown: rateLimit("a5:<id>", { ...five, whenDown: undefined }),
    perCall: rateLimit("a6:<id>", { ...five, limitPerCall: { max: 2 } }),
    tenYears: rateLimit("a7:<id>", { ...five, limit: 1, burst: 1_000_000 }),
    longBlock: rateLimit("a8:<id>", { ...five, ladder: { remember, steps: [{ violations: 3, block: "400d" }] } }),
    noSteps: rateLimit("a9:<id>", { ...five, ladder: { remember, steps: [] } }),
    falling: rateLimit("b1:<id>", {
      ...five,
      ladder: {
        remember,
        steps: [
          { violations: 3, block: "2h" },
          { violations: 3, block: "1h" },
        ],
      },
    }),
    reason: rateLimit("b2:<id>", {
      ...five,
      ladder: { remember, steps: [{ violations: 3, block: "2h" }], reason: "Too Many" },
    }),
    unreadable: rateLimit("b3:<id>", { ...five, ladder: {} }),
  },
});
