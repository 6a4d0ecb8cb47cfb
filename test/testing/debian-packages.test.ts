import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { ResolvedBinary } from "keywright/testing";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { whyNoDebianPackages } from "../../src/testing/debian-packages.js";
import { temporaryFolder } from "./fixtures/executable.js";

const SOURCE = fileURLToPath(new URL("../../src/testing/", import.meta.url));
const NOBODY = 65_534;
const NO_NETWORK =
  /Temporary failure|Could not (resolve|connect)|Failed to fetch|was not done after|Network is unreachable/;

const run = promisify(execFile);

/** A copy of the resolver in JavaScript that another user may read, wherever this checkout lies. */
async function copyResolver(folder: string): Promise<string> {
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  for (const name of (await readdir(SOURCE)).filter((file) => file.endsWith(".ts"))) {
    const { outputText } = ts.transpileModule(await readFile(join(SOURCE, name), "utf8"), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    await writeFile(join(folder, name.replace(/\.ts$/, ".js")), outputText);
  }
  return pathToFileURL(join(folder, "resolve-redis.js")).href;
}

describe("Debian's packages", () => {
  it("become a Redis that runs, in an empty home, for an ordinary user", { timeout: 120_000 }, async (context) => {
    const { PATH } = process.env;
    const hindrance = await whyNoDebianPackages({ PATH });
    if (hindrance !== undefined) context.skip(`no apt here: ${hindrance}`);
    const folder = await temporaryFolder();
    const resolver = await copyResolver(join(folder, "resolver"));
    const home = join(folder, "home");
    await mkdir(home);
    await chmod(folder, 0o755);
    const isRoot = process.getuid?.() === 0;
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    if (isRoot) await chown(home, NOBODY, NOBODY);
    const programs = await linkProgramsWithoutServers(PATH ?? "", join(folder, "bin"));
    const script = `
      const { resolveRedisBinary } = await import(${JSON.stringify(resolver)});
      const found = await resolveRedisBinary({ env: process.env });
      console.log(JSON.stringify({ uid: process.getuid(), found }));`;
    const options = { cwd: home, env: { ...proxySettings(), PATH: programs, HOME: home }, ...user };
    await run(process.execPath, ["--version"], options).catch((error: Error) =>
      context.skip(`another user may not run this Node: ${error.message}`),
    );
    const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", script], options).catch(
      (error: Error) => {
        if (NO_NETWORK.test(error.message)) context.skip(`apt has no network: ${error.message}`);
        throw error;
      },
    );
    const { uid, found } = JSON.parse(stdout) as { uid: number; found: ResolvedBinary };
    if (isRoot) expect(uid).toBe(NOBODY);
    const entry = `${found.flavour}-${found.version}`;
    expect(found.source).toBe("debian packages");
    expect(found.binary).toBe(join(home, ".cache", "keywright", entry, "redis-server"));
    expect(await readdir(join(home, ".cache", "keywright"))).toEqual([entry]);
    expect(stderr).toMatch(
      /^keywright\/testing: \w+ [\d.]+ from Debian's packages, unpacked into ~\/\.cache\/keywright\//,
    );
    // What runs under the process id that the caller sees is the server itself, and no shell before it.
    const shell = `"${found.binary}" --port 0 --unixsocket ./socket --save "" > /dev/null & sleep 0.3; readlink /proc/$!/exe; kill -9 $!`;
    const { stdout: program } = await run("/bin/sh", ["-c", shell], { cwd: home, ...user });
    expect(program).toContain(join(entry, "root/usr/bin/"));
  });
});

function proxySettings(): Record<string, string | undefined> {
  const names = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  return Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

/** A folder of links to all programs of PATH but servers: it is apt that shall bring one. */
async function linkProgramsWithoutServers(path: string, folder: string): Promise<string> {
  await mkdir(folder);
  for (const from of path.split(":").filter(isAbsolute)) {
    for (const name of await readdir(from).catch(() => [])) {
      if (/^(redis|valkey)-server$/.test(name)) continue;
      // The first of a name counts, as on PATH.
      await symlink(join(from, name), join(folder, name)).catch(() => undefined);
    }
  }
  return folder;
}
