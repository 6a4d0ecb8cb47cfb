import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { run } from "../../src/cli/program.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const friends = join(root, "examples/friends");
let folder: string;

beforeEach(() => {
  // Below the project, so that a schema finds zod.
  mkdirSync(join(root, ".results"), { recursive: true });
  folder = mkdtempSync(join(root, ".results", "generate-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in the folder, as the binary does. */
async function keywright(...args: string[]): Promise<Run> {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  const before = process.cwd();
  process.chdir(folder);
  try {
    const code = await run(args);
    return { code, stdout: stripVTControlCharacters(written.stdout), stderr: stripVTControlCharacters(written.stderr) };
  } finally {
    process.chdir(before);
    for (const spy of spies) spy.mockRestore();
  }
}

const config = `export default { schema: "redis.schema.ts", out: "generated/redis" };\n`;
const goodSchema = `
import { keyspace, none, tagScopes, value } from "keywright/schema";
import { z } from "zod";
const scopes = tagScopes({ room: { tag: "{<roomId>}", because: "a room changes together" } });
export const topic = value("chat:topic:{<roomId>}", {
  purpose: "Topic of a room.", owner: "chat", writers: ["chat"], readers: ["gateway"],
  tag: scopes.room, ttl: "1h", value: z.object({ text: z.string(), at: z.date() }),
});
export default keyspace({ name: "test", scopes, families: { topic } });
`;

function write(schema: string): void {
  writeFileSync(join(folder, "keywright.config.ts"), config);
  writeFileSync(join(folder, "redis.schema.ts"), schema);
}

describe("keywright generate", () => {
  test("writes the repositories, the manifest and the inventory; a second run changes nothing", async () => {
    write(goodSchema);
    const first = await keywright("generate");
    expect(first).toMatchObject({ code: 0, stdout: "" });
    const out = join(folder, "generated/redis");
    expect(readdirSync(out).sort()).toEqual(["REDIS_KEYS.md", "chat.ts", "index.ts", "manifest.json"]);
    const before = statSync(join(out, "chat.ts")).mtimeMs;
    const second = await keywright("generate");
    expect(second.code).toBe(0);
    expect(second.stderr).toContain("up to date");
    expect(statSync(join(out, "chat.ts")).mtimeMs).toBe(before);
  });

  test("a file of a domain that is gone is removed, a file of yours is kept", async () => {
    write(goodSchema);
    await keywright("generate");
    const out = join(folder, "generated/redis");
    writeFileSync(join(out, "mine.ts"), "export const mine = 1;\n");
    write(goodSchema.replace('owner: "chat"', 'domain: "rooms", owner: "chat"'));
    const ended = await keywright("generate");
    expect(ended.stderr).toContain("- generated/redis/chat.ts");
    expect(readdirSync(out).sort()).toEqual(["REDIS_KEYS.md", "index.ts", "manifest.json", "mine.ts", "rooms.ts"]);
  });

  test("a file of yours where a generated one belongs is not overwritten", async () => {
    write(goodSchema);
    mkdirSync(join(folder, "generated/redis"), { recursive: true });
    writeFileSync(join(folder, "generated/redis/index.ts"), "export default {};\n");
    const ended = await keywright("generate");
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("index.ts would be overwritten") });
    expect(readFileSync(join(folder, "generated/redis/index.ts"), "utf8")).toBe("export default {};\n");
    expect(readdirSync(join(folder, "generated/redis"))).toEqual(["index.ts"]);
  });

  test("a family that is exported but not listed is told", async () => {
    write(goodSchema.replace("families: { topic }", "families: {}"));
    const ended = await keywright("generate");
    expect(ended).toMatchObject({ code: 6, stderr: expect.stringMatching(/topic\.families.*unlisted-family/) });
  });

  test("--dry-run says what would change and writes nothing", async () => {
    write(goodSchema);
    const ended = await keywright("generate", "--dry-run");
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain("+ generated/redis/chat.ts");
    expect(existsSync(join(folder, "generated"))).toBe(false);
  });

  test("a schema with mistakes: all of them, exit 6, and no file is touched", async () => {
    write(goodSchema);
    await keywright("generate");
    const before = readFileSync(join(folder, "generated/redis/manifest.json"), "utf8");
    write(
      goodSchema
        .replace('ttl: "1h"', "ttl: undefined as never")
        .replace('"chat:topic:{<roomId>}"', '"chat:topic:{<roomId:guid>}" as never')
        .replace("z.date()", "z.function()"),
    );
    const ended = await keywright("generate");
    expect(ended.code).toBe(6);
    expect(ended.stderr).toMatch(/redis\.schema\.ts:5 · missing-ttl/);
    expect(ended.stderr).toContain("unknown-codec");
    expect(ended.stderr).toContain("topic.value.at");
    expect(ended.stderr).toContain("No file was touched");
    expect(readFileSync(join(folder, "generated/redis/manifest.json"), "utf8")).toBe(before);
  });

  test("no config, no keyspace, an unknown flag: exit 2 with what to do", async () => {
    const none = await keywright("generate");
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("defineConfig");
    write("export default 42;\n");
    expect(await keywright("generate")).toMatchObject({ code: 2, stderr: expect.stringContaining("keyspace") });
    expect(await keywright("generate", "--dryrun")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--dry-run"),
    });
  });

  test("a schema that does not run is told as the user's to mend, with its own error", async () => {
    write('throw new Error("no such module of mine");\n');
    expect(await keywright("generate")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no such module of mine"),
    });
  });

  test("--watch generates again when the schema changes, and outlives a mistake in it", async () => {
    write(goodSchema);
    const child = spawn(process.execPath, ["--import", "tsx", join(root, "src/cli/main.ts"), "generate", "--watch"], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
    try {
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      await vi.waitFor(() => expect(said).toContain("watching"), 30_000);
      write(goodSchema.replace('ttl: "1h"', 'ttl: "soon" as never'));
      await vi.waitFor(() => expect(said).toContain("ttl-duration"), 10_000);
      write(goodSchema.replace("Topic of a room.", "What a room is about."));
      const file = join(folder, "generated/redis/chat.ts");
      await vi.waitFor(() => expect(readFileSync(file, "utf8")).toContain("What a room is about."), 10_000);
    } finally {
      child.kill();
    }
  }, 60_000);

  test("the example's committed files are what its schema generates", async () => {
    cpSync(friends, folder, { recursive: true });
    const ended = await keywright("generate", "--dry-run");
    expect(ended.stderr).toContain("up to date");
  });
});
