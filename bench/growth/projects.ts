/**
 * Projects on disk as a service has them: a schema, a config, generated code, a program that uses it.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type SyntheticSchema, syntheticSchema } from "./synthetic-schema.js";

export const run = promisify(execFile);

/** The programs that are type-checked. What one costs more than another is what its addition costs. */
export const programs = ["bare", "schema", "service"] as const;
export type Program = (typeof programs)[number];

const redis = [
  'import { createClient } from "redis";',
  'const client = createClient({ url: "redis://localhost" });',
  "await client.connect();",
  'export const text = await client.get("a");',
];

/** The schema's zod objects and a client, without a trace of Keywright. */
function bare({ domains }: SyntheticSchema): string {
  const values = domains.flatMap(({ families }) => families.flatMap((family) => family.values));
  return [...redis, 'import { z } from "zod";', ...values.map((zod, i) => `export const value${i} = ${zod};`), ""].join(
    "\n",
  );
}

/** The declarations. Generated code imports them for its codecs, so they are part of a service's program too. */
const schema = [...redis, 'export { default } from "./redis.schema.js";', ""].join("\n");

/** A dozen calls as two services make them, the same at every size. */
const service = [
  ...redis,
  'import { createRepositories } from "./generated/index.js";',
  'const chat = createRepositories(client, { service: "chat", prefix: "preview:" });',
  'const gateway = createRepositories(client, { service: "gateway" });',
  'const [chatId, userId, token] = [1, "8a6e0804-2bd0-4672-b79d-d97027f9071a", "ab"];',
  "export const profile = await gateway.chatProfile.get({ chatId });",
  "await chat.chatProfile.touch({ chatId });",
  'await chat.chatCard.set({ cardId: userId }, { url: "/", width: 1, height: 1 });',
  "export const { value } = await chat.chatCount.increment({ chatId });",
  'export const { allowed } = await chat.chatByAddress.consume({ ip: "::1" });',
  "export const recent = await gateway.chatRecent.recent({ chatId }, { limit: 10 });",
  "await chat.chatHere.heartbeat({ chatId }, userId, token);",
  "export const session = await chat.chatSignedIn.loadAndTouch({ token });",
  "await chat.chatSignedIn.destroyAll(userId);",
  'export const near = await gateway.chatNearby.near({ chatId }, { longitude: 1, latitude: 1 }, { radius: 5, unit: "km" });',
  "export const [count, seen] = await chat",
  "  .chatRoom({ chatId })",
  "  .transaction((tx) => [tx.chatCount.increment(), tx.chatSeen.get({ userId })]);",
  "",
].join("\n");

const config = `import { defineConfig } from "keywright/config";
export default defineConfig({ schema: "redis.schema.ts", out: "generated" });
`;

/** Keywright's declaration files, as the package has them; a service never checks our sources. */
export async function writeDeclarations(project: string, folder: string): Promise<void> {
  const flags = [
    "--emitDeclarationOnly",
    "--declarationMap",
    "false",
    "--sourceMap",
    "false",
    "--incremental",
    "false",
  ];
  const tsc = join(project, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [
    tsc,
    "-p",
    join(project, "tsconfig.build.json"),
    ...flags,
    "--tsBuildInfoFile",
    "null",
    "--outDir",
    folder,
  ]);
}

/** Writes the project; its code is generated later, as that is measured. */
export async function writeProject(
  project: string,
  folder: string,
  declarations: string,
  count: number,
  begin: "domain" | "tenant",
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const synthetic = syntheticSchema(count, begin);
  const compilerOptions = {
    target: "ES2023",
    module: "NodeNext",
    lib: ["ES2023"],
    types: ["node"],
    typeRoots: [join(project, "node_modules/@types")],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    paths: {
      keywright: [join(declarations, "index.d.ts")],
      "keywright/schema": [join(declarations, "schema/index.d.ts")],
    },
  };
  const texts: Record<Program, string> = { bare: bare(synthetic), schema, service };
  await Promise.all([
    ...[...synthetic.files].map(([file, text]) => writeFile(join(folder, file), text)),
    writeFile(join(folder, "keywright.config.ts"), config),
    ...programs.flatMap((program) => [
      writeFile(join(folder, `${program}.ts`), texts[program]),
      writeFile(
        join(folder, `tsconfig.${program}.json`),
        JSON.stringify({ compilerOptions, files: [`${program}.ts`] }),
      ),
    ]),
  ]);
}
