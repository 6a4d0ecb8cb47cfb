// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none, script, tagScopes } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const scopes = tagScopes({ room: { tag: "{<roomId>}", because: "a room changes together" } });

export const posts = counter("a1:<id>", { ...said, ttl: "1h", store: "ledger" });

export const count = script("../scripts/count.lua", { purpose: "Counts a post.", keys: { posts: { write: posts } } });

export default keyspace({
  name: "part",
  scopes,
  stores: ["default", "ledger"],
  families: { posts },
  scripts: { count },
});
