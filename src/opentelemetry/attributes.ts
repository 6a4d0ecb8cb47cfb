/**
 * Attributes of a call by the semantic conventions for database clients and for Redis
 * (https://opentelemetry.io/docs/specs/semconv/database/redis/), and Keywright's own. Each is of low cardinality.
 *
 * @module
 */
import type { Attributes } from "@opentelemetry/api";
import type { CallTrace } from "../runtime/trace.js";

/** What is known when the call begins, and samplers may look at. */
export function beginAttributes({ family, operation, store, command, script }: CallTrace): Attributes {
  return {
    "db.system.name": "redis",
    "db.operation.name": command,
    "db.query.summary": summaryOf(command, family),
    ...(script === undefined ? {} : { "db.stored_procedure.name": script }),
    "keywright.family": family,
    "keywright.operation": operation,
    "keywright.store": store,
  };
}

/** The name of the span: the command and what it is for. */
export function summaryOf(command: string, family: string): string {
  return `${command} ${family}`;
}

/** What is known when it ends. */
export function endAttributes({ place, outcome, code, error }: CallTrace): Attributes {
  const attributes: Attributes = {};
  if (place !== undefined) {
    const { address, database } = place;
    attributes["db.namespace"] = String(database);
    const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
    attributes["server.address"] = (host ?? address).replace(/^\[(.*)\]$/, "$1");
    if (port !== undefined) attributes["server.port"] = Number(port);
  }
  if (outcome !== undefined) attributes["keywright.outcome"] = outcome;
  if (code !== undefined) {
    // Redis's own word where it answered, such as WRONGTYPE, else what the client makes of it, such as deadline.
    const reply = (error as { readonly reply?: unknown } | undefined)?.reply;
    if (typeof reply === "string") attributes["db.response.status_code"] = reply;
    attributes["error.type"] = typeof reply === "string" ? reply : code;
  }
  return attributes;
}
