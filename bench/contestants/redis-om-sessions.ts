/**
 * redis-om's repository of the record. It stores a HASH (its JSON structure needs a server with RedisJSON), takes the
 * node-redis client that it is given, and validates nothing on the way out.
 *
 * @module
 */
import { type Entity, Repository, Schema, type SchemaDefinition } from "redis-om";
import type { RecordWithDate } from "../record.js";

export type SessionEntity = RecordWithDate & Entity;

const fields: SchemaDefinition<SessionEntity> = {
  userId: { type: "string" },
  deviceId: { type: "string" },
  displayName: { type: "string" },
  email: { type: "string" },
  locale: { type: "string" },
  loginCount: { type: "number" },
  riskScore: { type: "number" },
  verified: { type: "boolean" },
  signedInAt: { type: "date" },
};

/** Its types are those of redis 4; the calls that it makes are the same in 6. */
export function redisOmSessions(client: unknown, prefix: string): Repository<SessionEntity> {
  // It joins the schema's name and the id with a colon.
  const schema = new Schema<SessionEntity>(`${prefix}session`, fields, { dataStructure: "HASH" });
  return new Repository(schema, client as never);
}
