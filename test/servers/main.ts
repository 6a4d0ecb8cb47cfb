/**
 * `npm run test:servers [name …]`: the conformance suites on each server of the matrix, and AUTH, ACL and TLS. The exit
 * code is 1 where a test fails, and 2 where a server could not be had.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import Table from "cli-table3";
import { releases, serverOf } from "./releases.js";

/** The part of vitest's JSON report that is read. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

interface Result {
  readonly server: string;
  readonly version: string;
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
  /** Why it could not be had. */
  readonly missing?: string;
}

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const wanted = releases.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
);
if (wanted.length === 0) {
  console.error(`no server is called so. There are: ${releases.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
await mkdir(".results", { recursive: true });
const results: Result[] = [];
for (const release of wanted) results.push(await tested(release));

const table = new Table({
  head: ["server", "version", "passed", "failed", "skipped", ""],
  colAligns: ["left", "left", "right", "right", "right", "left"],
  style: { head: [], border: [], compact: true },
});
for (const { server, version, passed, failed, skipped, missing } of results) {
  table.push([server, version, passed, failed.length, skipped.length, missing ?? ""]);
}
console.log(table.toString());
for (const { server, failed } of results) for (const title of failed) console.log(`failed on ${server}: ${title}`);
for (const [title, servers] of serversBySkipped(results)) {
  console.log(`skipped on ${servers.join(", ")}: ${title} (${reasonOf(title)})`);
}
await writeFile(".results/servers.json", `${JSON.stringify(results, undefined, 2)}\n`);
if (results.some(({ failed }) => failed.length > 0)) process.exitCode = 1;
else if (results.some(({ missing }) => missing !== undefined)) process.exitCode = 2;

function serversBySkipped(all: readonly Result[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { server, skipped } of all) {
    for (const title of skipped) found.set(title, [...(found.get(title) ?? []), server]);
  }
  return found;
}

/** Vitest's report does not say why; there is one reason in the conformance suites, and one in the TLS tests. */
function reasonOf(title: string): string {
  if (title.startsWith("TLS")) return "this server is built without TLS";
  if (/ on '(single \(redis 5\)|pool|sentinel|cluster \(redis 5\))' /.test(title)) {
    return "a long one: on one single server and one Cluster only";
  }
  return "see the test";
}

async function tested(release: (typeof releases)[number]): Promise<Result> {
  const none = { server: release.name, version: "", passed: 0, failed: [], skipped: [] };
  let binary: string;
  let version: string;
  try {
    const server = await serverOf(release, process.env);
    ({ binary, version } = server);
  } catch (error) {
    return { ...none, missing: (error as Error).message.split("\n")[0] ?? "" };
  }
  console.log(`${release.name} (${version}, ${release.package} of ${release.suite})`);
  const file = `.results/servers-${release.name.toLowerCase().replace(" ", "-")}.json`;
  await rm(file, { force: true });
  const { REDIS_URL: _, ...env } = process.env;
  const code = await run(["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.servers.config.ts"], {
    ...env,
    REDIS_SERVER_BIN: binary,
    SERVERS_REPORT: file,
  });
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return { ...none, version, failed: [`vitest ended with ${code} and left no report`] };
  const report = JSON.parse(text) as Report;
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  // A file that did not load has no tests to fail.
  const broken = report.testResults
    .filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0)
    .map(({ name, message }) => `${name}: ${message}`);
  const failed = [
    ...all
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages?.[0]?.split("\n")[0] ?? ""}`),
    ...broken,
  ];
  // Its servers did not start, or an error belongs to no test.
  if (code !== 0 && failed.length === 0) failed.push(`vitest ended with ${code}: see what it printed`);
  return {
    server: release.name,
    version,
    passed: report.numPassedTests,
    failed,
    skipped: all
      .filter(({ status }) => status === "skipped" || status === "pending" || status === "todo")
      .map(({ fullName }) => fullName),
  };
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number | null> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { env, stdio: "inherit" });
    child.once("error", fail);
    child.once("exit", done);
  });
}
