import { describe, expect, test } from "vitest";
import { CodeRepository, TokenRepository } from "../../src/repositories/token.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import { expectTtlWheneverKilled } from "../setup/killed-writes.js";
import { codeFamily, type Grant, inviteFamily, streamFamily } from "./token-families.js";

interface Key {
  readonly id: string;
  readonly token: string;
}

/** Each round has a tag of its own. */
class Streams extends TokenRepository<Key, Grant, "token"> {
  constructor(runtime: Runtime) {
    const current = {
      pattern: "current:{<id>}",
      key: (k: Omit<Key, "token">) => `current:{${k.id}}`,
      token: (k: Key) => k.token,
      keyOf: (k: Omit<Key, "token">, token: string) => `token:{${k.id}}:${token}`,
      form: /^[a-z]+$/u,
    };
    super(runtime, { ...streamFamily, current } as never, (k) => `token:{${k.id}}:${k.token}`);
  }
}

/** The new token of a rotation lies in another slot than the old one. */
class Apart extends TokenRepository<Key, Grant> {
  constructor(runtime: Runtime) {
    super(runtime, inviteFamily as never, (k) => `${k.token === "old" ? "" : "{other}:"}token:{${k.id}}:${k.token}`);
  }
}

class Codes extends CodeRepository<{ readonly id: string }> {
  constructor(runtime: Runtime) {
    const { cooldown: _, ...family } = codeFamily;
    const beside = (name: string) => (k: { readonly id: string }) => `${name}:{${k.id}}`;
    const attempts = { ...codeFamily.attempts, key: beside("attempts") };
    const cooldown = { for: 30_000, key: beside("cooldown") };
    super(runtime, { ...family, attempts, cooldown }, (k) => `code:{${k.id}}`);
  }
}

const ann: Grant = { userId: "ann" };
const soon = () => ({ notBeyond: Date.now() + 50_000 });

describe("C2 a client that dies while it writes leaves no token without a TTL", () => {
  test("issue", () =>
    expectTtlWheneverKilled((runtime, id) => new Apart(runtime).issue({ id, token: "new" }, ann).catch(taken)));

  test("issue with an end", () =>
    expectTtlWheneverKilled((runtime, id) => new Apart(runtime).issue({ id, token: "new" }, ann, soon()).catch(taken)));

  test("issue of a current one: the older is live, or the newer, never both and never none", () =>
    expectTtlWheneverKilled(
      (runtime, id) => new Streams(runtime).issue({ id, token: "new" }, ann),
      (runtime, id) => new Streams(runtime).issue({ id, token: "old" }, ann),
      { steps: 2, after: (runtime, id) => expectLive(new Streams(runtime), id, [1]) },
    ));

  test("rotate in one slot: the same", () =>
    expectTtlWheneverKilled(
      (runtime, id) => new Streams(runtime).rotate({ id, token: "old" }, { id, token: "new" }),
      (runtime, id) => new Streams(runtime).issue({ id, token: "old" }, ann),
      { after: (runtime, id) => expectLive(new Streams(runtime), id, [1]) },
    ));

  test("rotate over two slots: never none", () =>
    expectTtlWheneverKilled(
      (runtime, id) => new Apart(runtime).rotate({ id, token: "old" }, { id, token: "new" }),
      (runtime, id) => new Apart(runtime).issue({ id, token: "old" }, ann),
      { steps: 3, after: (runtime, id) => expectLive(new Apart(runtime), id, [1, 2]) },
    ));

  test("issue of a code", () => expectTtlWheneverKilled((runtime, id) => new Codes(runtime).issue({ id }, "123456")));

  test("verify", () =>
    expectTtlWheneverKilled(
      (runtime, id) => new Codes(runtime).verify({ id }, "000000"),
      (runtime, id) => new Codes(runtime).issue({ id }, "123456"),
    ));
});

/** Scripts and keys of the first round are there already. */
function taken(error: { code: string }): void {
  if (error.code !== "already-exists") throw error;
}

async function expectLive(tokens: Streams | Apart, id: string, allowed: number[]): Promise<void> {
  const found = await Promise.all(["old", "new"].map((token) => tokens.peek({ id, token })));
  expect(allowed, id).toContain(found.filter((value) => value !== null).length);
}
