/** A keyspace of several modules and packages, end to end; and the part of it that one service uses. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { generate } from "../../src/codegen/generate.js";
import { loadConfig } from "../../src/codegen/load.js";
import type { Manifest } from "../../src/schema/manifest.js";
import {
  createRepositories as createChat,
  type ServiceRepositories,
} from "../fixtures/composed/generated/chat/index.js";
import { createRepositories, type Repositories } from "../fixtures/composed/generated/redis/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const composed = join(root, "test/fixtures/composed");

describe("files generated of a composed keyspace", () => {
  test.each([
    ["keywright.config.ts", "redis"],
    ["chat.keywright.config.ts", "chat"],
  ])("are what %s gives, byte for byte", async (config, folder) => {
    const out = join(composed, "generated", folder);
    const generated = await generate(await loadConfig(join(composed, config)));
    if (!generated.ok) throw new Error(JSON.stringify(generated.problems));
    expect(generated.artifacts.map(({ path }) => path).sort()).toEqual(readdirSync(out).sort());
    for (const { path, text } of generated.artifacts) expect(text).toBe(readFileSync(join(out, path), "utf8"));
  });

  test("a subset holds what its service reads or writes, with the stores and scopes of that, and says so", () => {
    const manifest = JSON.parse(readFileSync(join(composed, "generated/chat/manifest.json"), "utf8")) as Manifest;
    expect(manifest).toMatchObject({ name: "composed", subset: { services: ["chat"] }, stores: ["default"] });
    expect(manifest.families.map(({ name }) => name)).toEqual(["logins", "motd", "plan", "profile", "rates", "seats"]);
    expect(manifest.scopes.map(({ name }) => name)).toEqual(["user"]);
    const whole = JSON.parse(readFileSync(join(composed, "generated/redis/manifest.json"), "utf8")) as Manifest;
    expect(whole.subset).toBeUndefined();
    expect(whole.stores).toEqual(["default", "ledger"]);
  });

  test("a subset of one service offers what that service may do, without being asked", async () => {
    const chat = createChat(createClient() as never);
    await expect((chat.plan as unknown as { set(): Promise<void> }).set()).rejects.toThrow("chat only reads plan");
    expectTypeOf(chat).toEqualTypeOf<ServiceRepositories["chat"]>();
  });
});

describe("a schema with a package", () => {
  let folder: string;
  beforeEach(() => {
    mkdirSync(join(root, ".results"), { recursive: true });
    folder = mkdtempSync(join(root, ".results", "composed-"));
    mkdirSync(join(folder, "node_modules/@acme/keys"), { recursive: true });
    write(
      "node_modules/@acme/keys/package.json",
      `{ "name": "@acme/keys", "type": "module", "exports": "./keys.js", "peerDependencies": { "keywright": "*" } }`,
    );
    write("node_modules/@acme/keys/keys.js", family("plan", "plan:<id>"));
    write("keywright.config.ts", `export default { schema: "redis.schema.ts", out: "generated" };`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const family = (name: string, pattern: string, include = ""): string => `
import { keyspace, none, value } from "keywright/schema";
import { z } from "zod";
${include === "" ? "" : `import keys from "${include}";`}
export const ${name} = value("${pattern}", {
  purpose: "For a test.", owner: "chat", writers: ["chat"], readers: ["web"],
  tag: none("for a test"), ttl: "1h", value: z.object({ text: z.string() }),
});
export default keyspace({ name: "acme", include: [${include === "" ? "" : "keys"}], families: { ${name} } });
`;

  test("is generated whole, and the generated code takes the package's schemas from the keyspace", async () => {
    write("redis.schema.ts", family("topic", "topic:<id>", "@acme/keys"));
    const generated = await generate(await loadConfig(join(folder, "keywright.config.ts")));
    if (!generated.ok) throw new Error(JSON.stringify(generated.problems));
    const code = generated.artifacts.find(({ path }) => path === "chat.ts")?.text;
    expect(code).toContain("codec(keyspace.families.plan.schemas.value");
    expect(code).toContain("codec(keyspace.families.topic.schemas.value");
  });

  test("a clash names the file of the package and ours", async () => {
    write("redis.schema.ts", family("plan", "topic:<id>", "@acme/keys"));
    const generated = await generate(await loadConfig(join(folder, "keywright.config.ts")));
    expect(generated).toMatchObject({
      ok: false,
      problems: [
        {
          id: "composition-clash",
          at: { file: join(folder, "node_modules/@acme/keys/keys.js"), line: 5, column: 21 },
          other: { file: join(folder, "redis.schema.ts"), line: 5, column: 21 },
        },
      ],
    });
  });

  test("two patterns that meet across packages are found before a subset is taken", async () => {
    write("node_modules/@acme/keys/keys.js", family("plan", "x:<id>").replaceAll('"chat"', '"ledger"'));
    write("redis.schema.ts", family("topic", "x:<id:int>", "@acme/keys"));
    write("keywright.config.ts", `export default { schema: "redis.schema.ts", out: "generated", service: "chat" };`);
    const generated = await generate(await loadConfig(join(folder, "keywright.config.ts")));
    expect(generated).toMatchObject({ ok: false, problems: [{ id: "key-belongs-to-two" }] });
  });

  test.each([
    [`"caht"`, /"caht", which the schema does not know.*/],
    [`[]`, /a service that is no name/],
    [`5`, /a service that is no name/],
  ])("a service that there is none of is told: %s", async (service, message) => {
    write("redis.schema.ts", family("topic", "topic:<id>"));
    write(
      "keywright.config.ts",
      `export default { schema: "redis.schema.ts", out: "generated", service: ${service} };`,
    );
    await expect(loadConfig(join(folder, "keywright.config.ts")).then(generate)).rejects.toThrow(message);
  });
});

describe.each(topologies)("composed repositories on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
  let connection: Connection;
  let redis: Repositories;
  beforeAll(async () => {
    connection = await connect();
    redis = createRepositories({ default: connection.client, ledger: connection.client }, { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  test("families of two packages change together on the scope of a third", async () => {
    const renewsAt = new Date("2026-03-04T05:06:07.089Z");
    await redis
      .user({ userId })
      .transaction((tx) => [tx.plan.set({ name: "team", renewsAt }), tx.profile.set({ name: "Ada" })]);
    expect(await redis.plan.get({ userId })).toEqual({ name: "team", renewsAt });
    await redis.invoices.increment({ month: "2026-03" });
    expect(await redis.invoices.get({ month: "2026-03" })).toBe(1);
  });

  test("a service's own subset reads what the other wrote, needs no client of other stores, and keeps to its rights", async () => {
    await redis.plan.set({ userId }, { name: "free", renewsAt: new Date(0) });
    const chat = createChat({ default: connection.client }, { prefix, service: "chat" });
    expect(await chat.plan.get({ userId })).toMatchObject({ name: "free" });
    await chat.motd.set({ language: "en" }, "Hello");
    expect(await redis.motd.get({ language: "en" })).toBe("Hello");
    const untyped = chat as unknown as Repositories;
    await expect(untyped.plan.delete({ userId })).rejects.toMatchObject({ code: "forbidden" });
    expect(untyped.invoices).toBeUndefined();
  });
});
