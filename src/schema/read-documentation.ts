/**
 * Checks what a family says about itself: its purpose, and who owns, writes and reads it.
 *
 * @module
 */
import { serviceOf } from "./documentation.js";
import type { FamilyDeclaration } from "./family.js";
import type { Report } from "./problems.js";

/**
 * Reports what is missing, or names a service that the keyspace does not know.
 *
 * @param known all services; undefined: any
 */
export function checkDocumentation(
  family: FamilyDeclaration,
  known: readonly string[] | undefined,
  report: Report,
): void {
  const { purpose, owner, readers, writers, notes, domain } = family.options;
  if (notes !== undefined && typeof notes !== "string") {
    report("undocumented", "notes", "the notes are no text", "Write notes as a string, or leave them out.");
  }
  if (domain !== undefined && (typeof domain !== "string" || /\p{Cc}/u.test(domain))) {
    report(
      "undocumented",
      "domain",
      "the domain is no text of one line",
      "Write it like authentication or rate limiting.",
    );
  }
  if (typeof purpose !== "string" || purpose.trim() === "") {
    report("undocumented", "purpose", "nothing says what the keys are for", "Write purpose: one sentence.");
  }
  const check = (field: string, service: unknown): void => {
    if (typeof service !== "string" || !/^[a-z][a-z0-9-]*$/.test(service)) {
      report(
        "invalid-service",
        field,
        `"${String(service)}" is no service name`,
        "Use lower-case words joined by -, such as chat or legacy-api.",
      );
    } else if (known !== undefined && !known.includes(service)) {
      report(
        "unknown-service",
        field,
        `the service "${service}" is not among the keyspace's services`,
        `Add it to keyspace({ services }), or use one of ${known.join(", ")}.`,
      );
    }
  };
  // A schema runs without its types being checked.
  const noList = (field: string, name: string): void =>
    report("undocumented", field, `the ${field} are no list`, `Write ${field}: [${JSON.stringify(name)}].`);
  if (owner === undefined || owner === "")
    report("undocumented", "owner", "nobody owns the family", "Name the service or team that answers for it.");
  else check("owner", owner);
  if (typeof writers === "string") noList("writers", writers);
  else if (!Array.isArray(writers) || writers.length === 0) {
    report("undocumented", "writers", "nobody writes the family", "Name at least one service, or remove the family.");
  } else {
    for (const writer of writers) {
      check("writers", serviceOf(writer));
      const moved: unknown = typeof writer === "object" ? writer?.moved : undefined;
      if (moved === undefined || moved === true) continue;
      report(
        "invalid-service",
        "writers",
        `the "moved" of ${String(serviceOf(writer))} is not true`,
        "Write moved: true once it does what the phases need, and leave it out before.",
      );
    }
  }
  if (typeof readers === "string") noList("readers", readers);
  else if (!Array.isArray(readers))
    report(
      "undocumented",
      "readers",
      "nothing says who reads the family",
      "Name the reading services, or write readers: [].",
    );
  else for (const reader of readers) check("readers", reader);
}
