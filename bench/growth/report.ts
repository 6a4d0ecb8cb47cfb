/**
 * The growth as text for a terminal.
 *
 * @module
 */
import Table from "cli-table3";
import type { Size } from "./measure.js";

/** What importing the generated code adds to a program that holds the schema already. */
export const importing = ({ checked }: Size): number => checked.service.instantiations - checked.schema.instantiations;
/** What declaring the families adds to their zod objects. */
export const declaring = ({ checked }: Size): number => checked.schema.instantiations - checked.bare.instantiations;

export interface GrowthGoal {
  readonly what: string;
  readonly families: number;
  readonly below: number;
  readonly of: (size: Size) => number;
}

export interface GrowthGoalOutcome extends Omit<GrowthGoal, "of"> {
  readonly measured: number | undefined;
  readonly met: boolean | undefined;
}

export const growthGoals: readonly GrowthGoal[] = [
  {
    what: "type instantiations of ours in a service that imports the generated code",
    families: 300,
    below: 5000,
    of: importing,
  },
  { what: "seconds of keywright generate", families: 300, below: 2, of: ({ generateSeconds }) => generateSeconds },
];

export function growthGoalOutcomes(sizes: readonly Size[]): GrowthGoalOutcome[] {
  return growthGoals.map(({ of, ...goal }) => {
    const size = sizes.find(({ families }) => families === goal.families);
    const measured = size && of(size);
    return { ...goal, measured, met: measured === undefined ? undefined : measured < goal.below };
  });
}

function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map(() => "right" as const),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push(row.map(String));
  return table.toString();
}

const perFamily = (ms: number, families: number): string => `${ms.toFixed(0)} (${(ms / families).toFixed(2)})`;

export function growthReport(sizes: readonly Size[], machine: string): string {
  const lines = [
    "Growth of a synthetic schema: domains of 20 families, all kinds, scopes, a service a domain",
    machine,
    "",
    "keywright generate: seconds of the whole command; CPU ms of its steps, in brackets for each family",
    tableOf(
      ["families", "command s", "load", "build", "proof", "proof, one tenant tag", "emit"],
      sizes.map(({ families, generateSeconds, phases, proofOnTenant }) => [
        families,
        generateSeconds.toFixed(2),
        ...[phases.load, phases.build, phases.proof, proofOnTenant, phases.emit].map((ms) => perFamily(ms, families)),
      ]),
    ),
    "",
    "tsc --extendedDiagnostics: type instantiations, in brackets for each family; seconds of checking the service's program",
    tableOf(
      ["families", "zod and redis", "+ declaring", "+ importing", "types", "check s"],
      sizes.map((size) => [
        size.families,
        size.checked.bare.instantiations,
        ...[declaring(size), importing(size)].map((count) => `${count} (${(count / size.families).toFixed(0)})`),
        size.checked.service.types,
        size.checked.service.checkSeconds.toFixed(2),
      ]),
    ),
    "",
    ...growthGoalOutcomes(sizes).map(({ what, families, below, measured, met }) => {
      const goal = `goal: ${what}, ${families} families: below ${below}`;
      if (measured === undefined) return `${goal}: not measured in this run`;
      return `${goal}: ${Number(measured.toFixed(2))}, ${met === true ? "met" : "NOT MET"}`;
    }),
    "",
    "zod and redis: the schema's zod objects and a connected client, without Keywright",
    "+ declaring: the schema's program (that client, and the schema with the same zod objects) less the former",
    "+ importing: the service's program (the same, the generated code and a dozen calls of two services) less the latter",
    "proof, one tenant tag: the same families where every key begins with {<tenantId:uuid>}",
  ];
  return lines.join("\n");
}
