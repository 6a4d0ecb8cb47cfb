/**
 * Gathers what is wrong with a schema while it is read.
 *
 * @module
 */
import type { SchemaLocation, SchemaProblem } from "./problem.js";

/** Reports one problem of a family that is being read. */
export type Report = (id: string, field: string, message: string, fix: string) => void;

export class Problems {
  readonly list: SchemaProblem[] = [];
  add(problem: SchemaProblem, family?: string, at?: SchemaLocation): void {
    this.list.push({
      ...problem,
      ...(family === undefined ? {} : { family }),
      ...(at === undefined || problem.at !== undefined ? {} : { at }),
    });
  }
}
