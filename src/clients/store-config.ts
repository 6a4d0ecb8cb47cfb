/**
 * What a service's configuration says of one Redis, as it comes from a file or the environment.
 *
 * @module
 */
import { z } from "zod";
import { MisuseError } from "../runtime/errors.js";

const engines = ["redis", "rediscluster", "redissentinel"] as const;

const address = z.object({ host: z.string().min(1), port: z.coerce.number().int().min(1).max(65_535).default(6379) });
const duration = z.union([z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/), z.number().int().positive()]);

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

/** @throws MisuseError that names the field, and holds none of its values */
export function readStoreConfig(config: unknown): ReadStoreConfig {
  const refuse = (what: string, fix: string): never => {
    throw new MisuseError(context, what, `${fix} Nothing was opened.`);
  };
  const parsed = shape.safeParse(config);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join(".") ?? "";
    if (field === "engine") refuse("the engine is not known", `The engines are ${engines.join(", ")}.`);
    const keys = issue?.code === "unrecognized_keys" ? `: ${issue.keys.join(", ")}` : "";
    refuse(
      `${field === "" ? "the configuration" : `"${field}"`} is refused (${issue?.code}${keys})`,
      "Mend the field.",
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
