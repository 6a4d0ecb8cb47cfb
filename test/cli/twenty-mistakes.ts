// @ts-nocheck copied into a folder of its own by a test; behind each line stands what is wrong with it
import { counter, keyspace, none, presence, rateLimit, value } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "A family with a mistake.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const text = { ...said, ttl: "1h", value: z.object({ id: z.uuid() }) };
const limit = { ...said, limit: 5, window: "1h", algorithm: "fixed-window", whenDown: "deny" };
export default keyspace({
  name: "mistakes",
  families: {
    a: value("a:<id>", { ...said, value: z.string() }), // missing-ttl
    b: value("b:<id:uid>", text), // unknown-codec
    c: value("c:{<id>}", text), // tag-mismatch
    d: value("d:<id>", { ...text, ttl: "1 hour" }), // ttl-duration
    e: value("e:<id>", { ...text, value: z.object({ run: z.function() }) }), // wire-cannot-carry
    f: value("f:<id>", { ...text, value: z.string().nullable() }), // nullable-value
    g: value("g:<id>", { ...text, dedline: "1s" }), // unknown-option
    h: value("h:<id>", { ...text, tier: "R9" }), // invalid-tier
    i: value("i:<id>", { ...text, store: "locks" }), // unknown-store
    j: value("j:<id>", { ...text, purpose: undefined }), // undocumented
    k: counter("k:<id>:<id>", { ...said, ttl: "1h" }), // duplicate-parameter
    l: presence("l:<id>", { ...said, ttl: "1m", heartbeat: "1m" }), // ttl-below-heartbeat
    m: rateLimit("m:<id>", { ...limit, limit: 0 }), // invalid-limit
    n: value("Cache_User:<id>", text), // naming-case
    o: value("o:<email>", text), // personal-data-in-key
    p: value("p:<id>", { ...text, ttl: "400d" }), // ttl-maximum
    q: value("q:<id>", { ...text, owner: "edge" }), // owner-uninvolved
    r: value("r:<id>", { ...text, value: z.array(z.uuid()) }), // unbounded-value
    s: value("s:<rest:rest>", text),
    t: value("s:<id:int>", text), // key-belongs-to-two
    u: value("u:<id>", { ...text, allow: { "tll-maximum": "for a year" } }), // unknown-allow
  },
});
