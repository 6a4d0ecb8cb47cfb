/**
 * `presence`: who is there. With a `member`, one ZSET a place (a room, a document) holds its members by when they were
 * last seen; without, one STRING a subject says that it is online.
 *
 * @module
 */
import type { z } from "zod";
import { companionPattern } from "../companion.js";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag, type WithTtl } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { NoTag, TagScope } from "../tag.js";
import { type Duration, formatDuration } from "../ttl.js";
import { throwsOrAbsent, type WithWhenDown } from "../when-down.js";
import type { Kind } from "./kind.js";
import { itemsHaveNoVersion } from "./version.js";

export interface PresenceOptions<S extends z.core.$ZodType<string> = z.core.$ZodType<string>>
  extends FamilyOptions,
    WithTtl,
    WithWhenDown<"throw" | "absent"> {
  /** Who may be present in a place, a string schema. Where it is left out the key itself is the subject. */
  readonly member?: S;
  /** How often clients report. A member is present until two and a half heartbeats have passed, so one that is missed is no leave. */
  readonly heartbeat: Duration;
  /** True where one member may be present from several devices; each leaves by itself. Only with `member`. */
  readonly devices?: boolean;
}

/** Declares a family of presence: heartbeat, leave, isOnline, onlineAmong, members and count. */
export function presence<const P extends string, G extends TagScope | NoTag, S extends z.core.$ZodType<string>>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, PresenceOptions<S>>,
): FamilyDeclaration<"presence", P, "member"> {
  return declaration(
    "presence",
    pattern as P,
    options,
    (options.member === undefined ? {} : { member: options.member }) as Record<"member", z.core.$ZodType>,
    presence,
  );
}

const ttlForms = 'Write a duration such as "3m".';

export const presenceKind: Kind = {
  name: "presence",
  options: ["ttl", "member", "heartbeat", "devices"],
  refused: itemsHaveNoVersion,
  ttlForms,
  tier: "R3",
  whenDown: () => throwsOrAbsent,
  read(family, context) {
    const options = family.options as PresenceOptions;
    const heartbeat = context.duration("heartbeat", options.heartbeat) ?? 1;
    const ttl = context.ttl(options.ttl);
    const places = options.member !== undefined;
    const devices = options.devices === true;
    if (ttl !== undefined && (ttl.kind !== "fixed" || ttl.jitter !== undefined)) {
      context.problem("unsupported-ttl", "ttl", "presence is kept for a fixed time after each heartbeat", ttlForms);
    }
    if (ttl?.kind === "fixed" && ttl.ms < heartbeat * 2.5) {
      context.problem(
        "ttl-below-heartbeat",
        "ttl",
        "the TTL is shorter than two and a half heartbeats, so one missed heartbeat is a leave",
        `Write a ttl of at least ${formatDuration(Math.ceil(heartbeat * 2.5))}, or shorten the heartbeat.`,
      );
    }
    if (devices && !places) {
      context.problem(
        "unsupported-option",
        "devices",
        "without a member each key is one subject, and a device that leaves would take the others along",
        "Declare a member, or leave devices out.",
      );
    }
    return {
      redisType: places ? "ZSET" : "STRING",
      ttl,
      ttlSet: "set by every heartbeat",
      summary: `a heartbeat every ${formatDuration(heartbeat)}, gone after ${formatDuration(Math.round(heartbeat * 2.5))}${options.devices === true ? ", several devices" : ""}`,
      settings: { places, heartbeat, grace: Math.round(heartbeat * 2.5), devices },
      values: places ? [{ field: "member", wire: "string" }] : [],
      companions:
        devices && places && ttl !== undefined
          ? [
              {
                name: "devices",
                pattern: companionPattern(family.pattern, context.pattern.tag !== undefined, "devices"),
                redisType: "HASH",
                ttl,
                purpose: "When each device of a member was last seen.",
              },
            ]
          : [],
    };
  },
};
