/**
 * The package as its users get it: built, installed under its name, its command run by plain Node, its types checked,
 * its repositories used on a real Redis.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { uniquePrefix } from "../setup/topologies.js";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
let folder: string;

const files: Readonly<Record<string, string>> = {
  "package.json": `{ "name": "service", "type": "module", "private": true }`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "ES2023",
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      outDir: "built",
      types: [],
    },
  }),
  "keywright.config.ts": `import { defineConfig } from "keywright/config";
export default defineConfig({ schema: "redis.schema.ts", out: "generated/redis" });
`,
  "redis.schema.ts": `import { keyspace, none, value } from "keywright/schema";
import { z } from "zod";
export const profile = value("profile:<userId>", {
  purpose: "A user's profile.", owner: "users", writers: ["users"], readers: ["web"],
  tag: none("read one user at a time"), ttl: "1h",
  value: z.object({ name: z.string(), born: z.date() }),
});
export default keyspace({ name: "service", families: { profile } });
`,
  "service.ts": `import { createClient } from "redis";
import { createRepositories } from "./generated/redis/index.js";
declare const process: { env: Record<string, string>; stdout: { write(text: string): void } };
const client = createClient({ url: process.env.URL! });
client.on("error", () => undefined);
await client.connect();
const redis = createRepositories(client, { service: "users", prefix: process.env.PREFIX! });
await redis.profile.set({ userId: "42" }, { name: "Ada", born: new Date("1815-12-10") });
const profile = await redis.profile.get({ userId: "42" });
process.stdout.write(profile?.born.toISOString() ?? "nobody");
await redis.profile.delete({ userId: "42" });
await client.close();
`,
};

beforeAll(async () => {
  // Its types were checked where `npm test` began; those of the package's declarations are checked below.
  await execute(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--noCheck"]);
  mkdirSync(join(root, ".results"), { recursive: true });
  folder = mkdtempSync(join(root, ".results", "package-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "keywright"), "dir");
}, 180_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("keywright generate, tsc and a service, from the built package", async () => {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin: { keywright: string } };
  const generated = await execute(process.execPath, [join(root, bin.keywright), "generate"], { cwd: folder });
  expect(generated.stderr).toContain("1 family");
  await execute(process.execPath, [tsc, "-p", "."], { cwd: folder }).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
  const { stdout } = await execute(process.execPath, ["built/service.js"], {
    cwd: folder,
    env: { ...process.env, URL: inject("redis").url, PREFIX: uniquePrefix() },
  });
  expect(stdout).toBe("1815-12-10T00:00:00.000Z");
}, 180_000);

test("the package holds what it exports, and nothing of its own making", async () => {
  const { stdout } = await execute("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root });
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const paths = packed.files.map(({ path }) => path);
  const { bin, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    bin: Record<string, string>;
    exports: Record<string, string | Record<string, string>>;
  };
  const offered = [bin, ...Object.values(exports)].flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  expect(paths).toEqual(expect.arrayContaining(offered.map((path) => path.replace("./", ""))));
  expect(paths.filter((path) => /tsbuildinfo|embed-scripts|^(?:src|test|bench)\//.test(path))).toEqual([]);
  // The sources are not there, so no map leads to them.
  expect(readFileSync(join(root, "dist/index.js"), "utf8")).not.toContain("sourceMappingURL");
}, 60_000);
