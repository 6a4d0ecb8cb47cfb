/** A command line in a folder of its own, as the binary runs it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, vi } from "vitest";
import { run } from "../../src/cli/program.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const friends = join(root, "examples/friends");
/** The folder of the test that runs. */
export let folder: string;

/** To be called by every test file: a hook of this module's own would be the first file's only. */
export function useFolders(): void {
  beforeEach(() => {
    // Below the project, so that a schema finds zod.
    mkdirSync(join(root, ".results"), { recursive: true });
    folder = mkdtempSync(join(root, ".results", "cli-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
}

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in the folder, as the binary does. */
export async function keywright(...args: string[]): Promise<Run> {
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

export const config = `export default { schema: "redis.schema.ts", out: "generated/redis" };\n`;
export const goodSchema = `
import { keyspace, none, tagScopes, value } from "keywright/schema";
import { z } from "zod";
const scopes = tagScopes({ room: { tag: "{<roomId>}", because: "a room changes together" } });
export const topic = value("chat:topic:{<roomId>}", {
  purpose: "Topic of a room.", owner: "chat", writers: ["chat"], readers: ["gateway"],
  tag: scopes.room, ttl: "1h", value: z.object({ text: z.string(), at: z.date() }),
});
export default keyspace({ name: "test", scopes, families: { topic } });
`;

export function write(schema: string): void {
  writeFileSync(join(folder, "keywright.config.ts"), config);
  writeFileSync(join(folder, "redis.schema.ts"), schema);
}
