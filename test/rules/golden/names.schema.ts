import { keyspace, none, value } from "keywright/schema";
import { z } from "zod";

export const date = value("day:<day>", {
  purpose: "What a day is about.",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("each day stands alone"),
  ttl: "1h",
  value: z.object({ at: z.date() }),
});

export default keyspace({ name: "names", families: { date } });
