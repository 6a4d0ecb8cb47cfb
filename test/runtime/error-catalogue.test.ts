/** Every error as its caller sees it, held against docs/errors.md. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { noPlace } from "../../src/repositories/load-when-down.js";
import { Bulkhead } from "../../src/runtime/bulkhead.js";
import * as errors from "../../src/runtime/errors.js";
import { failureOf, notConnected, transactionFailure } from "../../src/runtime/failure.js";
import { RedisNode } from "../../src/runtime/redis-node.js";
import { family } from "./support.js";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const topic = family({ name: "topic", pattern: "chat:topic:{<roomId:int>}" });
const of = (operation: string): errors.ErrorContext => ({ family: "topic", operation });

/** What node-redis rejects with where Redis answers with an error. */
class SimpleError extends Error {}
const reply = (text: string) => failureOf(new SimpleError(text), topic, "set", true);

function fullNode(): errors.KeywrightError {
  const node = new RedisNode("default", "client", { breaker: undefined, maxInFlight: 20_000 }, () => undefined);
  node.inFlight = 20_000;
  return node.refusal(of("get"));
}

function openBreaker(): errors.KeywrightError {
  const settings = { breaker: { failures: 1, coolDown: 60_000, maxCoolDown: 60_000 }, maxInFlight: 1 };
  const node = new RedisNode("default", "127.0.0.1:7001", settings, () => undefined);
  node.silent(node.answers, 500);
  return node.refusal(of("get"));
}

const issue = { path: "since", message: "expected a date" };
const refused = reply("OOM command not allowed when used memory > 'maxmemory'.");

/** At least one of each code. */
const samples: readonly errors.KeywrightError[] = [
  new errors.InvalidParameterError(
    of("get"),
    "roomId",
    '"roomId" is no safe integer',
    "Pass a whole number. Nothing was sent.",
  ),
  new errors.InvalidArgumentError(of("set"), "ttl", "is longer than 24 h", "Pass at most 24 h. Nothing was sent."),
  new errors.InvalidValueError(of("set"), [issue]),
  new errors.UndecodableValueError(of("get"), [issue]),
  new errors.AlreadyExistsError(of("create"), topic.pattern),
  failureOf(new SimpleError("ERR increment or decrement would overflow"), topic, "increment", true),
  reply("WRONGTYPE Operation against a key holding the wrong kind of value"),
  new errors.CrossSlotError(of("transaction"), ["chat:topic:{<roomId:int>}", "user:<id>"]),
  notConnected(topic, "get"),
  openBreaker(),
  fullNode(),
  noPlace(of("fetch"), new Bulkhead(32), 30_000),
  new errors.DeadlineError(of("get"), 1500, false),
  new errors.DeadlineError(of("set"), 1500, true),
  new errors.LoaderDeadlineError(of("fetch"), 30_000),
  failureOf(new Error("Socket closed unexpectedly"), topic, "get", false),
  failureOf(new Error("Socket closed unexpectedly"), topic, "set", true),
  refused,
  reply("OOM command not allowed, script: 0123, on @user_script:3."),
  transactionFailure(new SimpleError("EXECABORT Transaction discarded because of previous errors."), topic, true),
  new errors.TransactionError(of("transaction"), [
    { ok: true, value: "OK" },
    { ok: false, error: refused },
  ]),
  new errors.ForbiddenError(of("set"), "gateway only reads topic"),
  new errors.MisuseError(of("transaction"), "an operation is listed twice", "Build one operation for each change."),
];

/** A run of milliseconds is another each time. */
function rendered(error: errors.KeywrightError): string {
  const message = error.message.replace(/since \d+ ms/, "since 340 ms");
  return `${error.name}: ${message}`;
}

const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [/^`([a-z-]+)`/.exec(text)?.[1], text]),
);

test("the catalogue has every code, and no other", () => {
  const source = readFileSync(new URL("../../src/runtime/errors.ts", import.meta.url), "utf8");
  const union = /export type ErrorCode =([^;]+);/.exec(source)?.[1] ?? "";
  const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
  expect([...sections.keys()]).toEqual(codes);
  expect([...new Set(samples.map(({ code }) => code))].sort()).toEqual([...codes].sort());
});

test("each is there as it is rendered, with whether it may have been applied", () => {
  const blocks = new Map<string | undefined, string[]>();
  for (const [code, text] of sections)
    blocks.set(
      code,
      [...text.matchAll(/```text\n([^`]*)\n```/g)].map(([, block]) => block as string),
    );
  const expected = new Map<string, string[]>();
  for (const error of samples) {
    const block = `${rendered(error)}\nmayHaveBeenApplied: ${error.mayHaveBeenApplied}`;
    expected.set(error.code, [...(expected.get(error.code) ?? []), block]);
  }
  expect(Object.fromEntries(blocks)).toEqual(Object.fromEntries(expected));
});

test("none has a part that is empty, a value, or a key", () => {
  for (const { message, fix, family: of, operation } of samples) {
    expect(fix).toMatch(/\.$/);
    expect(message).toContain(`${of}.${operation}: `);
    expect(message).not.toContain("chat:topic:{42}");
  }
});
