/**
 * What each operation of a `session` family sends.
 *
 * @module
 */
import { MisuseError } from "../runtime/errors.js";
import { command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { Plans } from "./repository.js";
import { sessionLoad, sessionLoadAndTouch, sessionTouch } from "./scripts.js";
import type { SessionFamily } from "./session-family.js";
import { ownerOfValue } from "./session-owner.js";
import { type CreateOptions, SessionSteps } from "./session-steps.js";

const removed = (reply: unknown): boolean => reply === 1;

/** What each operation of a `session` family sends. */
export class SessionPlans<V, O = never> extends Plans<SessionFamily<V, O>> {
  /** Steps of operations on several slots, which no transaction can hold. */
  readonly steps: SessionSteps<V, O>;
  readonly #prefix: string;

  constructor(runtime: Runtime, family: SessionFamily<V, O>) {
    super(family);
    this.#prefix = runtime.prefixOf(family);
    this.steps = new SessionSteps(runtime, family);
  }

  /** A script: SET … PXAT where there is none. Only for families without owners. */
  create(key: string, value: V, options?: CreateOptions): Plan<void> {
    const { encode, wrap, create } = this.steps;
    if (this.family.owners !== undefined) {
      throw new MisuseError(
        { family: this.family.name, operation: "create" },
        "an owned session is entered into its owner's index first, which lies in another slot",
        "Call create outside of the transaction. Nothing was sent.",
      );
    }
    return create(key, wrap(encode("create", value), undefined), options, undefined);
  }

  /** A script that reads: GET; null where there is none, or it is past its hard end */
  load(key: string): Plan<V | null> {
    return scriptCall(this.family, "load", sessionLoad, [key], [""], this.steps.loaded);
  }

  /** A script: GET, PEXPIREAT */
  loadAndTouch(key: string): Plan<V | null> {
    const { sliding, loadedAndTouched } = this.steps;
    return scriptCall(this.family, "loadAndTouch", sessionLoadAndTouch, [key], [sliding], loadedAndTouched);
  }

  /** A script: SET … PXAT where it is there and keeps its owner */
  save(key: string, value: V): Plan<boolean> {
    const { encode, wrap, save } = this.steps;
    // The schema first: ownedBy may rely on what it has refused.
    const encoded = encode("save", value);
    const owner = ownerOfValue(this.family, this.#prefix, "save", value);
    const plan = save(key, wrap(encoded, owner), undefined);
    return { ...plan, decode: this.#saved };
  }

  /** A script: PEXPIREAT; false where there is none */
  touch(key: string): Plan<boolean> {
    const { sliding, touched } = this.steps;
    return scriptCall(this.family, "touch", sessionTouch, [key], [sliding], touched);
  }

  /** DEL; true where it was there */
  destroy(key: string): Plan<boolean> {
    return command(this.family, "destroy", key, ["DEL", key], removed, commandThat.writes);
  }

  readonly #saved = (reply: unknown): boolean => {
    const saved = this.steps.saved(reply);
    if (saved !== "another owner") return saved;
    throw new MisuseError(
      { family: this.family.name, operation: "save" },
      "the session would change its owner, whose index lies in another slot",
      "Call save outside of the transaction. The session was not changed.",
    );
  };
}
