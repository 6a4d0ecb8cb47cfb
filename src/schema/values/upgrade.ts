/**
 * From an older shape of a stored value to the next one.
 *
 * @module
 */
import { z } from "zod";
import type { Codec } from "./codec.js";
import { compileCodec } from "./codec.js";
import { ValueProblem } from "./value-problem.js";

/** What becomes of a value of one version in the next: a function, or `upgradeFrom`. */
export type Upgrade = ((old: never) => unknown) | { readonly from: z.ZodType; readonly to: (old: never) => unknown };

/** An upgrade whose old value is validated, and typed, by its own schema. */
export function upgradeFrom<S extends z.ZodType>(from: S, to: (old: z.output<S>) => unknown): Upgrade {
  return { from, to: to as (old: never) => unknown };
}

/** Upgrades by the version that they start from. */
export type Upgrades = Readonly<Record<number, Upgrade>>;

let open: Codec<unknown> | undefined;

function read(codec: Codec<unknown>, body: string): unknown {
  if (codec.wire === "superjson") {
    open ??= compileCodec(z.unknown(), "superjson");
    return open.decode(body);
  }
  try {
    return JSON.parse(body);
  } catch {
    throw refused("is no JSON");
  }
}

/**
 * The value of a stored text of version `from`, as `codec` has it in version `to`.
 *
 * @throws ValueProblem where an upgrade is missing, throws, or gives something that the schema refuses
 */
export function upgradeValue<V>(codec: Codec<V>, upgrades: Upgrades, from: number, to: number, body: string): V {
  let value = read(codec as Codec<unknown>, body);
  for (let version = from; version < to; version++) {
    const upgrade = upgrades[version];
    if (upgrade === undefined) throw refused(`is of version ${version}, which has no upgrade`);
    let old: unknown = value;
    if (typeof upgrade === "object") {
      const parsed = parse(upgrade.from, value, version);
      if (!parsed.success) throw refused(`is not what version ${version} was`);
      old = parsed.data;
    }
    try {
      value = (typeof upgrade === "object" ? upgrade.to : upgrade)(old as never);
    } catch {
      throw refused(`made the upgrade from version ${version} throw`);
    }
  }
  return codec.decode(codec.encode(value as V));
}

function parse(schema: z.ZodType, value: unknown, version: number): z.ZodSafeParseResult<unknown> {
  try {
    return schema.safeParse(value);
  } catch {
    throw refused(`made a check of version ${version} throw`);
  }
}

function refused(message: string): ValueProblem {
  return new ValueProblem("decode", [{ path: "", message }]);
}
