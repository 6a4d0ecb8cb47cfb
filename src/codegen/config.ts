/**
 * `keywright.config.ts`: where the schema is, and where generated files go.
 *
 * @module
 */

export interface KeywrightConfig {
  /** The schema's module, relative to the config; its default export is a keyspace. */
  readonly schema: string;
  /** The folder of the generated files, relative to the config. Nothing else should live in it. */
  readonly out: string;
  /** The service, or services, whose families are emitted: what it reads or writes. All families where it is left out. */
  readonly service?: string | readonly string[];
}

/** Types the config: `export default defineConfig({ schema: "redis.schema.ts", out: "generated/redis" })`. */
export function defineConfig(config: KeywrightConfig): KeywrightConfig {
  return config;
}
