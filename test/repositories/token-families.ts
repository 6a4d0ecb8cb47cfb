/** Families of the kind `token` as generated code writes them, for tests. */
import { z } from "zod";
import type { TtlBy } from "../../src/repositories/repository.js";
import { type CodeFamily, CodeRepository, type TokenFamily, TokenRepository } from "../../src/repositories/token.js";
import type { Plan } from "../../src/runtime/plan.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import { sha256, sha256Email, str } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";

export const grant = z.object({ userId: z.string(), note: z.string().optional(), at: z.date().optional() });
export type Grant = z.infer<typeof grant>;

const common = { kind: "token", store: "default", tier: "R1", deadline: 10_000, retries: 0 } as const;

export interface InviteKey {
  readonly token: string;
}

export const inviteFamily: TokenFamily<InviteKey, Grant> = {
  ...common,
  name: "invite",
  pattern: "invite:<token:sha256>",
  tagged: false,
  ttl: { kind: "fixed", ms: 60_000 },
  current: undefined,
  value: compileCodec(grant, "superjson") as TokenFamily<InviteKey, Grant>["value"],
};

/** One token for each key, in slots of their own. */
export class Invites<E extends TtlBy = "fixed"> extends TokenRepository<InviteKey, Grant, never, E> {
  /** Called before each step of an operation, with how many were before it. */
  before: (step: number) => Promise<unknown> = async () => undefined;
  #steps = 0;

  constructor(runtime: Runtime, more: Partial<TokenFamily<InviteKey, Grant>> = {}) {
    super(runtime, { ...inviteFamily, ...more }, (k) => `invite:${sha256(k.token, "token")}`);
  }

  protected override async run<T>(plan: Plan<T>): Promise<T> {
    await this.before(this.#steps++);
    return super.run(plan);
  }
}

export interface StreamKey {
  readonly sessionId: string;
  readonly token: string;
}

export const streamFamily: TokenFamily<StreamKey, Grant, "token"> = {
  ...common,
  name: "stream",
  pattern: "stream:token:{session:<sessionId>}:<token:sha256>",
  tagged: true,
  ttl: { kind: "fixed", ms: 60_000 },
  current: {
    pattern: "stream:current:{session:<sessionId>}",
    key: (k) => `stream:current:{session:${str(k.sessionId, "sessionId")}}`,
    token: (k) => sha256(k.token, "token"),
    keyOf: (k, token) => `stream:token:{session:${str(k.sessionId, "sessionId")}}:${token}`,
    form: /^(?:[0-9a-f]{64})$/u,
  },
  value: inviteFamily.value as TokenFamily<StreamKey, Grant, "token">["value"],
};

/** At most one live token a session. */
export class Streams extends TokenRepository<StreamKey, Grant, "token"> {
  constructor(runtime: Runtime, more: Partial<TokenFamily<StreamKey, Grant, "token">> = {}) {
    super(
      runtime,
      { ...streamFamily, ...more },
      (k) => `stream:token:{session:${str(k.sessionId, "sessionId")}}:${sha256(k.token, "token")}`,
    );
  }
}

export interface CodeKey {
  readonly email: string;
  readonly scene: string;
}

export const codeFamily: CodeFamily<CodeKey> = {
  ...common,
  name: "emailCode",
  pattern: "auth:code:{email:<email:sha256(email)>}:<scene>",
  tagged: true,
  ttl: { kind: "fixed", ms: 60_000 },
  attempts: {
    max: 5,
    ttl: 60_000,
    key: (k) => `auth:code_attempts:{email:${sha256Email(k.email, "email")}}:${str(k.scene, "scene")}`,
  },
  cooldown: {
    for: 30_000,
    key: (k) => `auth:last_send:{email:${sha256Email(k.email, "email")}}:${str(k.scene, "scene")}`,
  },
  code: compileCodec(z.string().regex(/^\d{6}$/), "string"),
};

export class Codes extends CodeRepository<CodeKey> {
  constructor(runtime: Runtime, more: Partial<CodeFamily<CodeKey>> = {}) {
    super(
      runtime,
      { ...codeFamily, ...more },
      (k) => `auth:code:{email:${sha256Email(k.email, "email")}}:${str(k.scene, "scene")}`,
    );
  }
}

/** The same without a tag: its companions are found by the key itself. */
export class PlainCodes extends CodeRepository<CodeKey> {
  constructor(runtime: Runtime) {
    super(
      runtime,
      { ...codeFamily, tagged: false, attempts: { max: 3, ttl: 60_000 }, cooldown: { for: 30_000 } },
      (k) => `code:${sha256Email(k.email, "email")}:${str(k.scene, "scene")}`,
    );
  }
}
