/**
 * What a command has told already: configs of one schema, one a service, have its findings in common.
 *
 * @module
 */
import type { Finding } from "../rules/rule.js";

export class Told {
  readonly #seen = new Set<string>();

  /** The findings that were not told before, for another config of the same schema. */
  news(findings: readonly Finding[], schema: string): Finding[] {
    return findings.filter(({ id, family, field, message, at }) => {
      const key = JSON.stringify([schema, id, family, field, message, at?.file, at?.line]);
      return !this.#seen.has(key) && this.#seen.add(key);
    });
  }
}
