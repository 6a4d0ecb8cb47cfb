import type { TokenRepository } from "../../../src/repositories/token.js";
import type { CodeRepository } from "../../../src/repositories/token-code.js";
import { model } from "../answers.js";
import { operations } from "./operations.js";

/** Of a family whose TTL the caller chooses. */
const lives = (repository: TokenRepository<unknown, unknown>, ms: number) =>
  (repository.family.ttl.kind === "upTo" ? [{ ttl: ms }] : []) as [];

export const tokenOperations = operations<TokenRepository<unknown, unknown>, unknown, unknown>([
  (repository, key, { value }, draw) => repository.issue(key, value(draw), ...lives(repository, draw.int(1, 60_000))),
  (repository, key) => repository.consume(key),
  (repository, key) => repository.peek(key),
  (repository, key, { key: other }, draw) => repository.rotate(key, other(draw)),
  (repository, key) => repository.revoke(key),
]);

export const codeOperations = operations<CodeRepository<unknown, string>, unknown, string>([
  (repository, key, { value }, draw) => repository.issue(key, value(draw)),
  (repository, key, { value }, draw) => repository.verify(key, value(draw)),
  (repository, key) => repository.revoke(key),
]);

/** What the token stands for, and what the other one does. */
type Two = readonly [unknown, unknown];
type Tokens = TokenRepository<unknown, unknown>;

/** At most one token of the scope is live. */
const oneLive = ({ family }: Tokens) => family.current !== undefined;

export const tokenModel = model<Tokens, unknown, unknown, Two>(
  [null, null],
  [
    ({ repository, key, fresh }) => {
      const value = fresh();
      return {
        name: "issue",
        deadlines: oneLive(repository) ? 2 : 1,
        call: () => repository.issue(key, value, ...lives(repository, 3_600_000)),
        next: ([a, b]) => [
          a === null ? [undefined, [value, oneLive(repository) ? null : b]] : ["already-exists", [a, b]],
        ],
      };
    },
    ({ repository, key }) => ({
      name: "peek",
      reads: true,
      call: () => repository.peek(key),
      next: (state) => [[state[0], state]],
    }),
    ({ repository, other }) => ({
      name: "peek",
      reads: true,
      call: () => repository.peek(other),
      next: (state) => [[state[1], state]],
    }),
    ({ repository, key }) => ({
      name: "consume",
      call: () => repository.consume(key),
      next: ([a, b]) => [[a, [null, b]]],
    }),
    ({ repository, other }) => ({
      name: "consume",
      call: () => repository.consume(other),
      next: ([a, b]) => [[b, [a, null]]],
    }),
    ({ repository, key, other }) => ({
      name: "rotate",
      deadlines: 4,
      call: () => repository.rotate(key, other),
      next: ([a, b]) => {
        if (a === null) return [[false, [a, b]]];
        return [b === null ? [true, [null, a]] : ["already-exists", [a, b]]];
      },
      // Where they lie in two slots the new one comes first: at no time are both gone.
      partial: ([a, b]) => (a !== null && b === null && !oneLive(repository) ? [[a, a]] : []),
    }),
    ({ repository, key }) => ({
      name: "revoke",
      call: () => repository.revoke(key),
      next: ([a, b]) => [[a !== null, [null, b]]],
    }),
  ],
);

interface CodeState {
  readonly code: string | null;
  readonly attempts: number;
  /** One was issued, and the cooldown has begun. */
  readonly cooling: boolean;
}

type Codes = CodeRepository<unknown, string>;

export const codeModel = model<Codes, unknown, string, CodeState>({ code: null, attempts: 0, cooling: false }, [
  ({ repository, key, value }, draw) => {
    const code = value(draw.int(0, 1));
    const cooldown = repository.family.cooldown !== undefined;
    return {
      name: "issue",
      call: async () => (await repository.issue(key, code)).issued,
      next: (state) => [state.cooling ? [false, state] : [true, { code, attempts: 0, cooling: cooldown }]],
    };
  },
  ({ repository, key, value }, draw) => {
    const presented = value(draw.int(0, 1));
    const { max } = repository.family.attempts;
    return {
      name: "verify",
      call: async () => {
        const answer = await repository.verify(key, presented);
        return answer.verified ? "verified" : answer.reason;
      },
      next: ({ code, attempts, cooling }) => {
        if (code === null) return [["absent", { code, attempts, cooling }]];
        if (code === presented) return [["verified", { code: null, attempts: 0, cooling }]];
        if (attempts + 1 < max) return [["wrong", { code, attempts: attempts + 1, cooling }]];
        return [["too-many-attempts", { code: null, attempts: 0, cooling }]];
      },
    };
  },
  ({ repository, key }) => ({
    name: "revoke",
    call: () => repository.revoke(key),
    next: ({ code, cooling }) => [[code !== null, { code: null, attempts: 0, cooling }]],
  }),
]);
