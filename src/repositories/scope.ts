/**
 * A tag scope at run time: the one way to several keys in one step. Its transaction can hold only operations on keys
 * of its tag.
 *
 * @module
 */
import { MisuseError } from "../runtime/errors.js";
import type { Executor } from "../runtime/executor.js";
import type { Plan } from "../runtime/plan.js";
import { runTransaction, type TransactionResults } from "../runtime/transaction.js";
import type { PartialProfile } from "../schema/profile.js";
import { type CallProfile, readCallProfile } from "./call-profile.js";
import type { ScriptPlanner } from "./own-script.js";
import type { NoKey, Plans, Repository, RepositoryFamily } from "./repository.js";

/**
 * The operations of a family inside a transaction: each is built, not sent. `R` are the parameters that the scope
 * leaves open; where there is none the key is left out. `read` gives a value, never a plan; it is named so that the
 * compiler knows the operations before it knows the value's type.
 */
export type InTransaction<P, R = NoKey> = {
  readonly [M in keyof P as M extends "read"
    ? never
    : P[M] extends (keys: never, ...args: never[]) => Plan<unknown>
      ? M
      : never]: P[M] extends (keys: never, ...args: infer A) => infer Planned
    ? [keyof R] extends [never]
      ? (...args: A) => Planned
      : (key: R, ...args: A) => Planned
    : never;
};

type PlanMethod = (keys: unknown, ...args: unknown[]) => Plan<unknown>;

const methodsOf = new WeakMap<object, readonly (readonly [string, PlanMethod])[]>();

/** The operations of a kind, inherited ones included; found once for each repository. */
function planMethods(plans: object): readonly (readonly [string, PlanMethod])[] {
  const found = methodsOf.get(plans);
  if (found !== undefined) return found;
  const methods = new Map<string, PlanMethod>();
  for (
    let prototype = Object.getPrototypeOf(plans) as object;
    prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object
  ) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (typeof method === "function" && name !== "constructor" && !methods.has(name)) {
        methods.set(name, method.bind(plans) as PlanMethod);
      }
    }
  }
  const listed = [...methods];
  methodsOf.set(plans, listed);
  return listed;
}

type AnyRepository = Repository<never, RepositoryFamily, Plans<RepositoryFamily>>;

/** A repository within a scope. */
export interface ScopeMember {
  readonly repository: AnyRepository;
  /** True where the scope fixes all parameters of the family. */
  readonly whole: boolean;
  /** Operations that this service must not use. */
  readonly forbidden: ReadonlySet<string>;
}

/** A script of the team's own within a scope. */
export interface ScopeScript {
  readonly planned: ScriptPlanner<object, object, unknown>;
  /** True where the scope fixes all parameters of its keys. */
  readonly whole: boolean;
}

function tooLate(scope: string, operation: string): MisuseError {
  return new MisuseError(
    { family: scope, operation: "transaction" },
    `${operation} was called when the transaction had already been built`,
    "It was not sent. Build all operations in the function, and await nothing in it.",
  );
}

/** Handle of one scope, such as one room. `T` offers its families inside a transaction. */
export class Scope<T> {
  readonly #name: string;
  readonly #parameters: object;
  readonly #members: Readonly<Record<string, ScopeMember>>;
  readonly #executor: Executor;
  readonly #scripts: Readonly<Record<string, ScopeScript>>;
  /** In the place of what its operations' families have. */
  readonly #profile: PartialProfile | undefined;

  /** Made by the generated repositories. */
  constructor(
    name: string,
    parameters: object,
    members: Readonly<Record<string, ScopeMember>>,
    executor: Executor,
    scripts: Readonly<Record<string, ScopeScript>> = {},
    profile?: PartialProfile,
  ) {
    this.#name = name;
    // A copy: what the caller does to its object later must not lead to another key.
    this.#parameters = { ...parameters };
    this.#members = members;
    this.#executor = executor;
    this.#scripts = scripts;
    this.#profile = profile;
  }

  /**
   * The same scope whose transactions have another deadline, or other retries:
   * `redis.room({ roomId }).with({ deadline: "200ms" }).transaction(…)`. What is left out stays: the longest of the
   * operations' deadlines, the fewest of their retries. Sends nothing.
   *
   * @throws InvalidArgumentError for a deadline of more than 60 s, or a number of retries that is none from 0 to 7
   */
  with(profile: CallProfile): Scope<T> {
    const given = readCallProfile(this.#name, profile);
    return new Scope(this.#name, this.#parameters, this.#members, this.#executor, this.#scripts, {
      deadline: given.deadline ?? this.#profile?.deadline,
      retries: given.retries ?? this.#profile?.retries,
    });
  }

  /**
   * Applies the listed operations together.
   *
   * Redis: `MULTI`, the operations, `EXEC`; scripts go as `EVAL`. One round trip. Redis does not roll back: where one
   * operation fails, the others are applied.
   *
   * @returns the operations' results, typed, in the order of the list
   * @throws MisuseError where an operation was built but not listed: nothing was sent
   * @throws TransactionError where an operation failed: its `outcomes` hold the results of the others
   */
  async transaction<const R extends readonly Plan<unknown>[]>(build: (tx: T) => R): Promise<TransactionResults<R>> {
    const made: Plan<unknown>[] = [];
    let open = true;
    const tx: Record<string, unknown> = {};
    /** The caller's operation: its key is the scope's parameters, with those that it leaves open in front of the rest. */
    const offered =
      (called: string, whole: boolean, plan: (key: object, args: unknown[]) => Plan<unknown>) =>
      (...args: unknown[]): Plan<unknown> => {
        if (!open) throw tooLate(this.#name, called);
        const rest = whole ? {} : (args.shift() as object);
        const planned = plan({ ...rest, ...this.#parameters }, args);
        Object.freeze(planned.args);
        Object.freeze(planned);
        made.push(planned);
        return planned;
      };
    for (const [family, { repository, whole, forbidden }] of Object.entries(this.#members)) {
      const operations: Record<string, unknown> = {};
      for (const [name, plan] of planMethods(repository.plans)) {
        if (forbidden.has(name)) continue;
        operations[name] = offered(`${family}.${name}`, whole, (key, args) =>
          plan(repository.keysFor(key as never, name), ...args),
        );
      }
      tx[family] = operations;
    }
    for (const [name, { planned, whole }] of Object.entries(this.#scripts)) {
      tx[name] = offered(name, whole, (key, [args]) => planned(key, args as object));
    }
    const listed = build(tx as T);
    open = false;
    const results = await runTransaction(this.#name, this.#executor, made, listed, this.#profile);
    return results as TransactionResults<R>;
  }
}
