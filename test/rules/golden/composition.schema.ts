// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none, script, tagScopes } from "keywright/schema";
import part from "./composition/part.ts";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const scopes = tagScopes({ room: { tag: "{<id>}", because: "a room changes together" } });
const posts = counter("a2:<id>", { ...said, ttl: "1h" });
const count = script("scripts/count.lua", { purpose: "Counts a post.", keys: { posts: { write: posts } } });

export default keyspace({
  name: "composition",
  include: [part, undefined],
  stores: ["default"],
  scopes,
  families: { posts },
  scripts: { count },
});
