/**
 * What a service's configuration says of one Redis, as it comes from a file or the environment.
 *
 * @module
 */
import { z } from "zod";
import { MisuseError } from "../runtime/errors.js";

const engines = ["redis", "rediscluster", "redissentinel"] as const;

const address = z.object({ host: z.string().min(1), port: z.coerce.number().int().min(1).max(65_535).default(6379) });
const duration = z.union([z.string().regex(/^\d+(ms|s|m|h)$/), z.number().int().positive()]);

const shape = z
  .object({
    engine: z.enum(engines),
    /** The primary, of `redis`. */
    primary: address.optional(),
    /** Nodes of the Cluster, of `rediscluster`; Sentinels, of `redissentinel`. */
    nodes: z.array(address).min(1).optional(),
    /** The name under which the Sentinels watch the primary. */
    name: z.string().min(1).optional(),
    /** A replica to read from, of `redis` and `redissentinel`. */
    replica: address.optional(),
    /** Whether plain reads may go to replicas; `readonly_mode` is its old name. */
    read_from_replicas: z.boolean().optional(),
    readonly_mode: z.boolean().optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    database: z.number().int().min(0).optional(),
    tls: z.boolean().default(false),
    connect_timeout: duration.optional(),
    socket_timeout: duration.optional(),
    ping_interval: duration.optional(),
  })
  .strict();

/** One Redis as a configuration names it: the fields in snake case, as files and environments have them. */
export type StoreConfig = z.input<typeof shape>;

export type ReadStoreConfig = Omit<z.output<typeof shape>, "readonly_mode">;

const context = { family: "openStore", operation: "config" };

const someDuration = 'Write it like "500ms" or "2s", or as whole milliseconds.';
const yesOrNo = "Give true or false, which are no texts.";
const oneAddress = "Give { host, port }.";

/** How to write a field; what is not here is a text. */
const forms: Readonly<Record<string, string>> = {
  primary: oneAddress,
  replica: oneAddress,
  nodes: "Give a list of { host, port }.",
  port: "Give a whole number from 1 to 65535.",
  database: "Give a whole number from 0 on, which is no text.",
  read_from_replicas: yesOrNo,
  readonly_mode: yesOrNo,
  tls: yesOrNo,
  connect_timeout: someDuration,
  socket_timeout: someDuration,
  ping_interval: someDuration,
};

/** @throws MisuseError that names the field, and holds none of its values */
export function readStoreConfig(config: unknown): ReadStoreConfig {
  const refuse = (what: string, fix: string): never => {
    throw new MisuseError(context, what, `${fix} Nothing was opened.`);
  };
  const parsed = shape.safeParse(config);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path ?? [];
    const field = path.join(".");
    if (field === "engine") refuse("the engine is not known", `The engines are ${engines.join(", ")}.`);
    if (issue?.code === "unrecognized_keys") {
      const [unknown] = issue.keys as [string, ...string[]];
      const known = path.length === 0 ? Object.keys(shape.shape) : Object.keys(address.shape);
      refuse(`"${[...path, unknown].join(".")}" is no field of it`, `The fields are ${known.join(", ")}.`);
    }
    if (field === "") refuse("it is no object", "Give { engine, primary } or { engine, nodes }.");
    refuse(
      `"${field}" is refused`,
      forms[path.findLast((part) => typeof part === "string") as string] ?? "Give a text.",
    );
  }
  const { readonly_mode, ...read } = parsed.data as z.output<typeof shape>;
  if (
    readonly_mode !== undefined &&
    read.read_from_replicas !== undefined &&
    readonly_mode !== read.read_from_replicas
  ) {
    refuse(
      "readonly_mode and read_from_replicas contradict each other",
      "Leave readonly_mode out: it is the old name.",
    );
  }
  const reads = read.read_from_replicas ?? readonly_mode;
  if (read.engine === "redis" && read.primary === undefined) refuse('"primary" is missing', "Give { host, port }.");
  if (read.engine !== "redis" && read.nodes === undefined)
    refuse('"nodes" is missing', "Give a list of { host, port }.");
  if (read.engine === "redissentinel" && read.name === undefined) {
    refuse('"name" is missing', "Give the name under which the Sentinels watch the primary.");
  }
  if (read.engine === "rediscluster" && (read.database ?? 0) !== 0) {
    refuse('"database" is not 0, which a Cluster has not', "Leave it out.");
  }
  if (read.engine === "rediscluster" && read.replica !== undefined) {
    refuse(
      '"replica" is given, though a Cluster tells its replicas',
      "Leave it out, and write read_from_replicas: true.",
    );
  }
  return reads === undefined ? read : { ...read, read_from_replicas: reads };
}
