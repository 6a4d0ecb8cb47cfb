import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, keywright, useFolders, write } from "./command-line.js";

useFolders();

const schema = (pattern: string, moved = "", more = ""): string => `
import { keyspace, none, value } from "keywright/schema";
import { z } from "zod";
export const topic = value("${pattern}", {
  purpose: "Topic of a room.", owner: "chat", writers: ["chat"], readers: ["gateway"],
  tag: none("each alone"), ttl: "1h", value: z.string().max(80), ${moved}
});
export default keyspace({ name: "test", families: { topic }${more} });
`;
const moved = (phase: string) => `moved: { from: "topic:<roomId>", phase: "${phase}", until: "2027-01-31" },`;
/** As keywright migrate advance leaves it. */
function record(...phases: string[]): void {
  const passed = phases.map((phase) => ({ phase, at: "2026-11-01T09:00:00.000Z", gates: [] }));
  const topic = { from: "topic:<roomId>", to: "chat:topic:<roomId>", phases: passed };
  writeFileSync(join(folder, "generated/redis/moves.json"), JSON.stringify({ moves: 1, families: { topic } }));
}
const check = (...args: string[]) => keywright("check", "--today", "2026-12-01", ...args);
const manifest = () => readFileSync(join(folder, "generated/redis/manifest.json"), "utf8");

test("M1 generate overwrites no manifest whose live keys would be lost; check says why and exits 5", async () => {
  write(schema("topic:<roomId>"));
  expect((await keywright("generate")).code).toBe(0);
  const before = manifest();

  write(schema("chat:topic:<roomId>"));
  const refused = await keywright("generate");
  expect(refused).toMatchObject({ code: 5, stdout: "" });
  expect(refused.stderr).toContain("key-changed");
  expect(refused.stderr).toContain('moved: { from: "topic:<roomId>", phase: "legacy"');
  expect(refused.stderr).toContain("No file was touched");
  expect(manifest()).toBe(before);

  const checked = await check();
  expect(checked.code).toBe(5);
  expect(checked.stdout).toContain("the live keys would be lost");
  const json = JSON.parse((await check("--format", "json")).stdout) as { breaking: object[] };
  expect(json.breaking).toMatchObject([{ id: "key-changed", family: "topic", field: "pattern", line: 4 }]);

  expect((await keywright("generate", "--without-keys", "topic")).code).toBe(0);
  expect((await check()).code).toBe(0);
});

test("M1 check compares with a git ref, so that several commits of a branch skip no phase", async () => {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: folder, stdio: "ignore" });
  git("init", "-q", "-b", "main");
  write(schema("chat:topic:<roomId>", moved("legacy")));
  await keywright("generate");
  git("add", "-A", "-f");
  git("commit", "-qm", "legacy");
  for (const phase of ["mirror", "flipped"]) {
    write(schema("chat:topic:<roomId>", moved(phase)));
    record(phase);
    expect((await keywright("generate")).code).toBe(0);
    expect((await check()).code).toBe(0);
    const against = await check("--against", "main");
    expect([phase, against.code]).toEqual([phase, phase === "mirror" ? 0 : 5]);
  }
  expect((await check("--against", "generated/redis/manifest.json")).code).toBe(0);
  const unknown = await check("--against", "maim");
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('"maim" is neither a file nor a git ref here');
});

test("M10 check refuses a phase that was set by hand, and generate leaves the ledger alone", async () => {
  write(schema("chat:topic:<roomId>", moved("legacy")));
  await keywright("generate");
  expect((await check()).code).toBe(0);

  write(schema("chat:topic:<roomId>", moved("mirror")));
  expect((await keywright("generate")).code).toBe(0);
  const byHand = await check();
  expect(byHand.code).toBe(5);
  expect(byHand.stdout).toContain("phase-by-hand");
  expect(byHand.stdout.replace(/\s+/g, " ")).toContain("keywright migrate advance topic --execute");
  const json = JSON.parse((await check("--format", "json")).stdout) as { breaking: object[] };
  expect(json.breaking).toMatchObject([{ id: "phase-by-hand", family: "topic", field: "moved.phase", line: 4 }]);

  record("mirror");
  expect((await check()).code).toBe(0);
  expect((await keywright("generate")).code).toBe(0);
  expect(existsSync(join(folder, "generated/redis/moves.json"))).toBe(true);
  record("mirror", "flipped");
  expect((await check()).stdout).toContain("knows flipped");
  writeFileSync(join(folder, "generated/redis/moves.json"), "{");
  expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining("is no ledger of moves") });
});

test("M11 check fails when the window has ended", async () => {
  write(schema("chat:topic:<roomId>", moved("mirror")));
  await keywright("generate");
  record("mirror");
  expect((await check()).code).toBe(0);
  const late = await keywright("check", "--today", "2027-02-01");
  expect(late.code).toBe(6);
  expect(late.stdout).toContain("move-expired");
  expect((await keywright("check", "--today", "soon")).code).toBe(2);
});

test("B7 explain knows an old key, and says how far it has come", async () => {
  write(schema("chat:topic:<roomId>", moved("mirror")));
  await keywright("generate");
  const { code, stdout } = await keywright("explain", "topic:42");
  expect(code).toBe(0);
  expect(stdout).toContain("an old key: moves to chat:topic:<roomId> by value, phase mirror, until 2027-01-31");
  expect((await keywright("explain", "chat:topic:42")).stdout).not.toContain("an old key");
});
