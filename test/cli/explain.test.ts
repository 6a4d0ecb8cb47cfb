import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { DecodeCost } from "../../src/keyspace/decode-cost.js";
import type { Manifest } from "../../src/schema/manifest.js";
import { folder, keywright, root, useFolders } from "./command-line.js";

useFolders();
beforeEach(() => cpSync(join(root, "test/fixtures/rooms"), folder, { recursive: true }));

describe("keywright explain", () => {
  test("a key of a family: its parameters as they stand in it, slot, type, TTL, wire, who", async () => {
    const ended = await keywright("explain", "chat:topic:{42}");
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toBe(
      [
        "chat:topic:{42}",
        "  family     topic (value)",
        "  purpose    Topic of a room, and since when.",
        "  pattern    chat:topic:{<roomId:int>}",
        "  parameters roomId = 42",
        "  slot       8000, of the tag {42} (scope room)",
        "  type       STRING",
        "  TTL        24 h, set by every write",
        "  wire       superjson",
        "  owner      chat",
        "  writers    chat",
        "  readers    gateway",
        "  tier       R3",
        "  deadline   1 s 500 ms, 2 retries, throws when down",
        "",
      ].join("\n"),
    );
  });

  test("a key of a companion, and the foreign writer of another family", async () => {
    const posts = "chat:posts:{7}:8a6e0804-2bd0-4672-b79d-d97027f9071a";
    const ended = await keywright("explain", `${posts}:blocked`);
    expect(ended.stdout).toContain("posts (rateLimit), its companion blocked");
    expect(ended.stdout).toContain("TTL        up to 366 d");
    expect((await keywright("explain", "jobs:count:{tasks}")).stdout).toContain("worker, legacy-worker (python)");
  });

  test("the key of redis.health() belongs to no family, and is told apart from unknown ones", async () => {
    for (const [key, ...more] of [["_health"], ["_health:{12}"], ["prod:_health", "--prefix", "prod:"]] as const) {
      const { stderr } = await keywright("explain", key, ...more);
      expect(stderr).toContain("redis.health() writes it and reads it back");
    }
    expect((await keywright("explain", "_healthy")).stderr).not.toContain("redis.health()");
  });

  test("with a prefix the slot is that of the whole key", async () => {
    const ended = await keywright("explain", "flag:dark-mode", "--format", "json");
    const prefixed = await keywright("explain", "prod:flag:dark-mode", "--prefix", "prod:", "--format", "json");
    const [bare, whole] = [JSON.parse(ended.stdout), JSON.parse(prefixed.stdout)] as Record<string, unknown>[];
    expect(whole).toEqual({ ...bare, key: "prod:flag:dark-mode", prefix: "prod:", slot: expect.any(Number) });
    expect(whole?.slot).not.toBe(bare?.slot);
    expect(await keywright("explain", "flag:dark-mode", "--prefix", "prod:")).toMatchObject({
      code: 7,
      stdout: "",
      stderr: expect.stringContaining("does not begin with the prefix"),
    });
  });

  test("declared prefixes are recognised, companions' in their braces too; shared keys take none", async () => {
    cpSync(join(root, "test/fixtures/composed"), folder, { recursive: true });
    const json = async (key: string, ...more: string[]) =>
      JSON.parse((await keywright("explain", key, "--format", "json", ...more)).stdout) as Record<string, unknown>;
    const prefix = { prefix: "preview:3f2a:", prefixName: "preview" };
    expect(await json("preview:3f2a:chat:motd:en")).toMatchObject({ family: "motd", ...prefix });
    expect(await json("{preview:3f2a:logins:ada}:blocked")).toMatchObject({ companion: "blocked", ...prefix });
    expect(await json("chat:motd:en")).toMatchObject({ family: "motd", prefix: "", prefixName: null, shared: null });
    const rates = { family: "rates", prefix: "", shared: "one provider for all environments" };
    expect(await json("rates:EUR")).toMatchObject(rates);
    expect(await json("preview:3f2a:rates:EUR")).toMatchObject({ family: null });
    const near = await json("preview:3f2a:chat:motd:fr");
    expect(near).toMatchObject({ family: null });
    expect(near.nearest).toContainEqual(
      expect.objectContaining({ family: "motd", why: "what stands for language is no enum(en|de)" }),
    );
    const { stdout } = await keywright("explain", "preview:3f2a:chat:motd:en");
    expect(stdout).toContain("  prefix     preview:3f2a: (preview)\n");
  });

  test("keys of codes, tokens and caches, and of what lies beside them", async () => {
    const digest = "0".repeat(64);
    const publishing = ["-c", join(root, "examples/publishing/keywright.config.ts")];
    const code = await keywright("explain", `auth:code_attempts:{email:${digest}}:login`, ...publishing);
    expect(code.stdout).toContain("emailCode (token), its companion attempts");
    const token = await keywright("explain", "mpp:browser:stream-current:{session:s1}", ...publishing);
    expect(token.stdout).toContain("streamToken (token), its companion current");
    const cached = await keywright(
      "explain",
      "apple_public_keys",
      "-c",
      join(root, "examples/friends/keywright.config.ts"),
    );
    expect(cached.stdout).toContain("applePublicKeys (cache)");
  });

  test("an unknown key: exit 7, the nearest families, and why it is none of them", async () => {
    const refused = await keywright("explain", "chat:topic:{lobby}");
    expect(refused).toMatchObject({ code: 7, stdout: "" });
    expect(refused.stderr).toContain("chat:topic:{<roomId:int>}  topic");
    expect(refused.stderr).toContain("what stands for roomId is no int");
    const misspelt = await keywright("explain", "chat:topci:{42}", "--format", "json");
    expect(misspelt.code).toBe(7);
    expect(JSON.parse(misspelt.stdout)).toMatchObject({
      family: null,
      nearest: [{ family: "topic", why: null }, {}, {}],
    });
    expect((await keywright("explain", "nothing-like-it")).stderr).not.toContain("nearest");
  });

  test("--cost: the sample's bytes by the manifest, and how long the schema's codec reads it", async () => {
    const manifest = JSON.parse(readFileSync(join(folder, "generated/redis/manifest.json"), "utf8")) as Manifest;
    const golden = manifest.families.find(({ name }) => name === "topic")?.values[0]?.golden as string;
    const ended = await keywright("explain", "chat:topic:{42}", "--cost", "--format", "json");
    const { costs } = JSON.parse(ended.stdout) as { costs: DecodeCost[] };
    expect(costs).toEqual([
      { field: "value", bytes: Buffer.byteLength(golden), nanoseconds: expect.any(Number) as number },
    ]);
    expect(costs[0]?.nanoseconds).toBeGreaterThan(0);
    const text = await keywright("explain", "chat:topic:{42}", "--cost");
    expect(text.stdout).toMatch(/ {2}sample {5}value: \d+ bytes, read in \d+\.\d µs here\n/);
    // A companion and a counter hold no value of the schema.
    const posts = "chat:posts:{7}:8a6e0804-2bd0-4672-b79d-d97027f9071a";
    expect((await keywright("explain", posts, "--cost")).stdout).not.toContain("sample");
    expect((await keywright("explain", `${posts}:blocked`, "--cost")).stdout).not.toContain("sample");
  });

  test("--cost where the schema has moved on since the manifest: the bytes alone", async () => {
    const file = join(folder, "redis.schema.ts");
    const schema = readFileSync(file, "utf8");
    const moved = schema.replace(
      /(export const topic = [\s\S]*?value: )z\.object\(\{[^}]*\}\)/,
      "$1z.object({ other: z.date() })",
    );
    expect(moved).not.toBe(schema);
    writeFileSync(file, moved);
    const ended = await keywright("explain", "chat:topic:{42}", "--cost");
    expect(ended.stdout).toMatch(/value: \d+ bytes, which the schema no longer reads/);
  });

  test("without a manifest: exit 2, and what to run", async () => {
    rmSync(join(folder, "generated/redis/manifest.json"));
    expect(await keywright("explain", "flag:a")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Run keywright generate"),
    });
    expect(await keywright("explain")).toMatchObject({ code: 2 });
  });
});
