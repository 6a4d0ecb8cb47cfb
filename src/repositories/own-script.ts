/**
 * A script of a team's own, as the generated repositories call it.
 *
 * @module
 */

import type { z } from "zod";
import { InvalidArgumentError, InvalidValueError, RefusedError, UndecodableValueError } from "../runtime/errors.js";
import type { Family } from "../runtime/family.js";
import { type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Script } from "../runtime/script.js";
import type { Profile } from "../schema/profile.js";
import type { ScriptDeclaration } from "../schema/script.js";
import type { TtlPolicy } from "../schema/ttl.js";
import { type Codec, compileCodec } from "../schema/values/codec.js";
import { ValueProblem } from "../schema/values/value-problem.js";
import type { Wire } from "../schema/values/wire.js";
import { type CallProfile, readCallProfile, Variants } from "./call-profile.js";
import { type Plans, type Repository, type RepositoryFamily, resolveTtl } from "./repository.js";

/** A script as generated code declares it. `K` are the parameters of its keys, `A` its arguments, `R` its result. */
export interface OwnScript<_K, A, R> extends Family {
  readonly kind: "script";
  readonly script: Script;
  /** KEYS: the families, whether it changes them, and how long a key that it leaves without a TTL may live. */
  readonly keys: readonly { readonly family: string; readonly access: "read" | "write"; readonly ttl: TtlPolicy }[];
  /** ARGV. */
  readonly args: readonly (readonly [name: keyof A & string, codec: Codec<never>])[];
  readonly returns: { readonly codec: Codec<R & {}>; readonly nullable: boolean } | undefined;
}

type AnyRepository = Repository<never, RepositoryFamily, Plans<RepositoryFamily>>;

interface Declarations {
  readonly scripts: Readonly<Record<string, ScriptDeclaration | undefined>>;
}

/** The codec of an argument, or of the result where `arg` is undefined. Called by generated code. */
export function scriptCodec<V>(keyspace: Declarations, script: string, arg: string | undefined, wire: Wire): Codec<V> {
  const options = keyspace.scripts[script]?.options;
  const schema = arg === undefined ? notNull(options?.returns) : options?.args?.[arg];
  if (schema === undefined) {
    throw new TypeError(
      "The schema no longer declares a script that the generated code was made for. Run `keywright generate`.",
    );
  }
  return compileCodec(schema as z.ZodType<V>, wire);
}

/** nil is told by the reply itself. */
function notNull(schema: z.ZodType | undefined): z.ZodType | undefined {
  const def = schema?._zod.def as { type: string; innerType?: z.ZodType } | undefined;
  return def?.type === "nullable" ? def.innerType : schema;
}

/** Every TTL twice: what a key without one gets, and the longest. */
function guardsOf(own: OwnScript<unknown, never, unknown>, runtime: Runtime): string[] {
  if (own.script.readOnly) return [];
  return own.keys.flatMap(({ ttl: policy }) => {
    const ttl = resolveTtl(own, policy, runtime.startUpTtl);
    if (ttl.kind === "none") return ["0", "0"];
    const ms = ttl.kind === "perCall" ? ttl.max : ttl.ms;
    const longest = policy.kind === "config" ? policy.max : ttl.kind === "perCall" ? ttl.max : (ttl.max ?? ttl.ms);
    return [String(ms), String(longest)];
  });
}

/** The call of a script in a transaction: built, not sent. */
export type ScriptPlan<R> = Plan<R>;

/** Builds the call of a script, which throws where a parameter or an argument is bad. */
export type ScriptPlanner<K, A, R> = (key: K, args?: A) => Plan<R>;

/** What builds a script's calls, on the keys that its families' repositories make. */
export function scriptPlanner<K, A, R>(
  own: OwnScript<K, A, R>,
  runtime: Runtime,
  repositories: Readonly<Record<string, object>>,
): ScriptPlanner<K, A, R> {
  const keyed = own.keys.map(({ family }) => repositories[family] as AnyRepository);
  const guards = guardsOf(own as never, runtime);
  const decode = (reply: unknown): R => decoded(own, reply);
  return (key, args) => {
    const keys = keyed.map((repository) => repository.keyOf(key as never, own.name));
    const values = own.args.map(([name, codec]) => encoded(own, name, codec, args as object | undefined));
    return scriptCall(own, "run", own.script, keys, [...values, ...guards], decode);
  };
}

/** The function of a script, `(key, args) => result` as `F`, and the same with another profile. */
export type ScriptFunction<F> = F & {
  /**
   * The same script with another deadline, or other retries: `redis.bookSeat.with({ deadline: "200ms" })(key, args)`. What
   * is left out stays. One is made for each profile, so it may be called for every request. Sends nothing.
   *
   * @throws InvalidArgumentError for a deadline of more than 60 s, or a number of retries that is none from 0 to 7
   */
  with(profile: CallProfile): ScriptFunction<F>;
};

/** The function that runs a script. */
export function scriptFunction<K, A, R>(
  own: OwnScript<K, A, R>,
  runtime: Runtime,
  planned: ScriptPlanner<K, A, R>,
): ScriptFunction<(key: K, args?: A) => Promise<R>> {
  type Call = (key: K, args?: A) => Promise<R>;
  const { executor } = runtime.store(own);
  let variants: Variants<ScriptFunction<Call>> | undefined;
  /** Adds `with` to a function of the script whose profile is `of`. */
  const callable = (call: Call, of: Profile): ScriptFunction<Call> => {
    return Object.assign(call, {
      with(profile: CallProfile) {
        const { deadline = of.deadline, retries = of.retries } = readCallProfile(own.name, profile);
        variants ??= new Variants(original, own);
        return variants.of({ deadline, retries }, () => {
          const family = { ...own, deadline, retries };
          return callable(async (key, args) => executor.run({ ...planned(key, args), family }), family);
        });
      },
    });
  };
  const original = callable(async (key, args) => executor.run(planned(key, args)), own);
  return original;
}

function encoded(own: Family, name: string, codec: Codec<never>, args: object | undefined): string {
  const context = { family: own.name, operation: "run" };
  if (typeof args !== "object" || args === null) {
    throw new InvalidArgumentError(context, "args", "is missing", "Pass the arguments as an object. Nothing was sent.");
  }
  try {
    return codec.encode((args as Record<string, never>)[name] as never) as string;
  } catch (problem) {
    if (!(problem instanceof ValueProblem)) throw problem;
    throw new InvalidValueError(
      context,
      problem.issues.map(({ path, message }) => ({ path: path === "" ? name : `${name}.${path}`, message })),
    );
  }
}

function decoded<R>(own: OwnScript<never, never, R>, answer: unknown): R {
  const context = { family: own.name, operation: "run" };
  const writes = !own.script.readOnly;
  let reply = answer;
  if (writes) {
    const [ended, value] = answer as [number, unknown];
    reply = value ?? null;
    if (ended !== 1) {
      throw new RefusedError(
        context,
        /^[A-Z]+/.exec(String(value))?.[0] ?? "ERR",
        "the script ended with an error",
        "What it had changed before stays, with its TTL: read before you repeat it. The cause holds its own words.",
        new Error(String(value).replace(/, with args beginning with.*/s, "")),
        true,
      );
    }
  }
  if (own.returns === undefined) return undefined as R;
  const { codec, nullable } = own.returns;
  if (reply === null && nullable) return null as R;
  // Lua's false is Redis's nil.
  const text = reply === null && codec.wire === "boolean01" ? "0" : reply;
  try {
    if (typeof text !== "string" && typeof text !== "number") {
      throw new ValueProblem("decode", [
        { path: "", message: text === null ? "is nil" : "is neither text nor a number" },
      ]);
    }
    return codec.decode(String(text)) as R;
  } catch (problem) {
    if (!(problem instanceof ValueProblem)) throw problem;
    throw new UndecodableValueError(
      context,
      problem.issues,
      writes,
      "The script returned something else than the schema says. Mend one of the two.",
    );
  }
}
