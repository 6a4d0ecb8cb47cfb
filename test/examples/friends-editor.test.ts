/** What an editor shows on a service that uses the generated repositories, by TypeScript's own language service. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
// A file that is not there, beside the services of the example.
const file = join(root, "examples/friends/demo/services/in-the-editor.ts");
const source = `
import { createRepositories } from "../../generated/redis/index.js";
import type { RoomTransaction } from "../../../../test/fixtures/rooms/generated/redis/index.js";
declare const client: Parameters<typeof createRepositories>[0];
declare const tx: RoomTransaction;
const redis = createRepositories(client);
const discovery = createRepositories(client, { service: "discovery" });
redis.chatMessages.push({ chatRoomId: "7" }, { id: "1", sender_id: "42", body: "Hello", sent_at: "2026-01-02T03:04:05Z" });
redis.webSession.loadAndTouch({ token: "00ff" });
discovery.eventsGeo.near({}, { longitude: 1, latitude: 2 }, { radius: 1, unit: "km" });
discovery.eventsGeo.add;
tx.nearby.add;
tx.messages.push;
createRepositories(client, { ttl: { linkPreviewTtl: "1h" } });
`;

let service: ts.LanguageService;

// The first question makes the service read everything.
beforeAll(() => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  service = ts.createLanguageService({
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot(name) {
      const text = name === file ? source : ts.sys.readFile(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  expect(service.getSemanticDiagnostics(file).map(({ messageText }) => messageText)).toEqual([]);
}, 60_000);

/** What hovering over the last name of `text` shows. */
function hover(text: string): { signature: string; comment: string } {
  const at = source.indexOf(text) + text.length - 1;
  expect(at).toBeGreaterThan(text.length);
  const shown = service.getQuickInfoAtPosition(file, at);
  const tags = (shown?.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`);
  return {
    signature: ts.displayPartsToString(shown?.displayParts),
    comment: [ts.displayPartsToString(shown?.documentation), ...tags].join("\n").replace(/\s+/g, " "),
  };
}

function completions(after: string): string[] {
  const at = source.indexOf(after) + after.length;
  return service.getCompletionsAtPosition(file, at, {})?.entries.map(({ name }) => name) ?? [];
}

test("a family: its purpose, pattern, TTL and owner", () => {
  expect(hover("redis.chatMessages")).toEqual({
    signature: "(property) Repositories.chatMessages: ChatMessagesRepository",
    comment:
      "Recent messages of a chat room; the database has all of them. `chat:messages:<chatRoomId>` · TTL 24 h · owner chat",
  });
  expect(hover("discovery.eventsGeo")).toEqual({
    signature: expect.stringContaining('"discovery only reads eventsGeo; it is written by events"'),
    comment: expect.stringMatching(/^Where events are.* `events:geo` · TTL none: an event stays .* · owner events$/),
  });
});

test("an operation: its types, the commands that it sends, its round trips, its errors", () => {
  const push = hover("redis.chatMessages.push");
  expect(push.signature).toContain("push(key: ChatMessagesKey, ...items: ChatMessagesItem[]): Promise<boolean>");
  expect(push.comment).toMatch(/Redis: one script \(`RPUSH`, `LTRIM`, `PEXPIRE`\)\. One round trip\./);
  expect(push.comment).toMatch(/@returns true where .* @throws InvalidValueError before anything is sent/);
  const touch = hover("redis.webSession.loadAndTouch");
  expect(touch.signature).toContain("loadAndTouch(key: WebSessionKey): Promise<WebSession | null>");
  expect(touch.comment).toContain("Redis: a script (`GET`, `PEXPIREAT`). One round trip.");
});

test("a reader's operations show the same; one that it may not use says why", () => {
  expect(hover("discovery.eventsGeo.near").comment).toContain("Redis: `GEOSEARCH … WITHDIST WITHCOORD`");
  expect(hover("discovery.eventsGeo.add").signature).toBe(
    '(property) add: Forbidden<"discovery only reads eventsGeo; it is written by events">',
  );
});

test("an operation in a transaction: the commands that it adds", () => {
  const add = hover("tx.nearby.add");
  expect(add.signature).toContain("add(member: string, at: Coordinates): Plan<boolean>");
  expect(add.comment).toContain("GEOADD, in a script with what expires");
  expect(hover("tx.messages.push").comment).toContain("A script: RPUSH, LTRIM, PEXPIRE");
});

test("a TTL that start-up sets: its default and its maximum", () => {
  expect(hover("linkPreviewTtl").comment).toBe("linkPreview: 6 h, at most 7 d");
});

test("completion offers the operations and nothing internal; to a service, its own families", () => {
  const operations = ["clear", "family", "keyOf", "keysFor", "length", "plans", "push", "recent", "with"];
  expect(completions("redis.chatMessages.")).toEqual(operations);
  expect(completions("discovery.")).toEqual(["close", "eventsGeo", "health", "userFriends", "userLocation"]);
  expect(completions("tx.messages.")).toEqual(["clear", "length", "push", "recent"]);
});
