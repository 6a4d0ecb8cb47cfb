/** The schema's working copy, the versions that are built from it, and the instances of them that run. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { recommendedClientOptions } from "keywright";
import { createCluster } from "redis";
import { problemText } from "../../../src/cli/problem-text.js";
import { generate } from "../../../src/codegen/generate.js";
import { type LoadedConfig, loadConfig } from "../../../src/codegen/load.js";
import { writeArtifacts } from "../../../src/codegen/write.js";
import { Unexpected } from "../../shared/expecting.js";
import type { BrowserSessionRepository } from "../generated/redis/index.js";

type Generated = typeof import("../generated/redis/index.js");

const example = new URL("../", import.meta.url);
/** Not committed. Inside the example, so that `keywright` resolves. */
const folder = new URL(".deploys/", example);
/** Nothing may be lost, whatever else the machine does meanwhile: no call ends because it was slow. */
const patient = { deadline: "10s" } as const;
const working = new URL("working/", folder);

/** The schema as it is committed, with nothing generated from it yet. */
export function takeWorkingCopy(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(working, { recursive: true });
  for (const file of ["redis.schema.ts", "keywright.config.ts"]) cpSync(new URL(file, example), new URL(file, working));
}

export function removeDeploys(): void {
  rmSync(folder, { recursive: true, force: true });
}

export function workingConfig(): Promise<LoadedConfig> {
  return loadConfig(fileURLToPath(new URL("keywright.config.ts", working)));
}

/** A build of the services: what was generated of the schema's phases at that time. */
export class Version {
  readonly number: number;
  readonly #generated: Generated;

  private constructor(number: number, generated: Generated) {
    this.number = number;
    this.#generated = generated;
  }

  /** Generates from the working copy, as a developer does, and builds the result as it then is. */
  static async build(number: number): Promise<Version> {
    const config = await workingConfig();
    const generated = await generate(config);
    if (!generated.ok) throw new Unexpected(problemText(generated.problems, config.schema, process.stderr));
    writeArtifacts(config.out, generated.artifacts);
    const built = new URL(`version-${number}/`, folder);
    cpSync(working, built, { recursive: true });
    return new Version(number, (await import(new URL("generated/redis/index.ts", built).href)) as Generated);
  }

  /** Starts the services on a client of their own. */
  async start(rootNodes: { url: string }[]): Promise<Instance> {
    const client = clientFor(rootNodes);
    await client.connect();
    const { createRepositories } = this.#generated;
    const all = [
      createRepositories(client, { service: "browser" }),
      createRepositories(client, { service: "chat" }),
      createRepositories(client, { service: "gateway" }),
      createRepositories(client, { service: "identity" }),
    ] as const;
    const [browser, chat, gateway, identity] = all;
    const repositories = {
      browserSession: browser.browserSession.with(patient),
      chatMessages: chat.chatMessages.with(patient),
      chatOnline: chat.chatOnline.with(patient),
      emailCode: identity.emailCode.with(patient),
      readSession: gateway.browserSession.with(patient),
    };
    return new Instance(this.number, repositories, async () => {
      await Promise.all(all.map((service) => service.close()));
      await client.close();
    });
  }
}

export function clientFor(rootNodes: { url: string }[]) {
  const client = createCluster({ rootNodes, ...recommendedClientOptions("cluster") });
  // Without a listener the first broken connection would end the process. Calls tell of it by their errors.
  client.on("error", () => undefined);
  return client;
}

/** Of all services together. */
export interface Repositories
  extends Pick<
    import("../generated/redis/index.js").Repositories,
    "browserSession" | "chatMessages" | "chatOnline" | "emailCode"
  > {
  readonly readSession: Pick<BrowserSessionRepository, "get">;
}

/** One instance of every service, of one version. */
export class Instance {
  readonly version: number;
  calls = 0;
  readonly #repositories: Repositories;
  readonly #close: () => Promise<void>;
  #underWay = 0;
  #idle: (() => void) | undefined;

  constructor(version: number, repositories: Repositories, close: () => Promise<void>) {
    this.version = version;
    this.#repositories = repositories;
    this.#close = close;
  }

  async serve<T>(what: (repositories: Repositories) => Promise<T>): Promise<T> {
    this.calls += 1;
    this.#underWay += 1;
    try {
      return await what(this.#repositories);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#idle?.();
    }
  }

  /** Ends what is under way, as a service does that is told to stop. */
  async stop(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((idle) => (this.#idle = idle));
    await this.#close();
  }
}

/** The instances that take calls: any of them may take the next one, as behind a load balancer. */
export class Fleet {
  instances: readonly Instance[] = [];

  call<T>(what: (repositories: Repositories) => Promise<T>): Promise<T> {
    const { instances } = this;
    return (instances[Math.floor(Math.random() * instances.length)] as Instance).serve(what);
  }
}
