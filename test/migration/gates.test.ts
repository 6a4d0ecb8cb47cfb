import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/codegen/load.js";
import { loadManifest } from "../../src/codegen/load-manifest.js";
import { gatesOf } from "../../src/migration/gate-table.js";
import { type GateFacts, holdGates } from "../../src/migration/gates.js";
import type { JournalText } from "../../src/migration/journal.js";
import { primariesOf, type Server } from "../../src/migration/primaries.js";
import { targetOf } from "../../src/migration/target.js";
import type { Manifest } from "../../src/schema/manifest.js";
import { strategies } from "../../src/schema/moves/index.js";
import { root } from "../cli/command-line.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const day = 24 * 3600_000;
let connection: Connection;
let manifest: Manifest;

beforeAll(async () => {
  connection = await (topologies[0] as (typeof topologies)[number]).connect();
  manifest = loadManifest(await loadConfig(join(root, "test/fixtures/moving/keywright.config.ts")));
});
afterAll(() => connection.close());

const now = new Date("2026-12-20T00:00:00Z");
const facts = (more: Partial<GateFacts>): GateFacts => ({
  ...{ fleet: [], instances: 0, since: undefined, fill: undefined, verify: undefined, entered: undefined, now },
  ...more,
});
const held = async (family: string, direction: "forward" | "back", more: Partial<GateFacts>) => {
  const target = targetOf(connection.client as never, manifest, family, uniquePrefix());
  const gates = await holdGates(target, direction, facts(more));
  return Object.fromEntries(gates.map(({ gate, open }) => [gate, open]));
};

test("M10 a token goes from both to flipped when one lifetime has passed in both", async () => {
  const open = { fleet: true, "foreign-writers": true };
  expect(await held("invite", "forward", {})).toEqual({ ...open, lifetime: false });
  const since = (days: number) => ({ since: new Date(now.getTime() - days * day) });
  // An invitation lives for 7 days.
  expect(await held("invite", "forward", since(6.9))).toEqual({ ...open, lifetime: false });
  expect(await held("invite", "forward", since(7))).toEqual({ ...open, lifetime: true });
  expect(await held("invite", "back", {})).toEqual({ fleet: true });
});

test("M10 a handoff goes back from promote behind a fill, which gives what new wrote alone its seals", async () => {
  expect(await held("emailCode", "back", {})).toEqual({ fleet: true, filled: false });
});

test("M10 a fill opens its gate on the Redis that it was of, and on no other", async () => {
  const target = targetOf(connection.client as never, manifest, "emailCode", "");
  const servers = (await primariesOf(target.store.executor.port)).map(({ server }) => server);
  const journal = (of: readonly Server[]): JournalText => ({
    ...{ journal: 1, task: "fill", keyspace: manifest.name, schema: "", scans: {}, counts: {}, prefix: "" },
    ...{ family: "emailCode", from: target.moved.from, to: target.family.pattern, phase: target.moved.phase },
    ...{ servers: of, began: now.toISOString(), updated: now.toISOString(), ended: now.toISOString() },
  });
  const filled = async (fill: JournalText) => {
    const gates = await holdGates(target, "back", facts({ fill }));
    return gates.find(({ gate }) => gate === "filled");
  };
  expect(await filled(journal(servers))).toMatchObject({ open: true });
  const other = servers.map((server) => ({ ...server, runId: "0".repeat(40) }));
  expect(await filled(journal(other))).toMatchObject({
    open: false,
    because: expect.stringContaining("the last fill was of another Redis") as string,
  });
});

test("M10 gates are of phases that can be left that way", () => {
  for (const [name, { phases }] of Object.entries(strategies)) {
    for (const phase of phases) {
      const none = (direction: "forward" | "back") => gatesOf(name as never, phase, direction).length === 0;
      if (phase === phases[0]) expect([name, phase, none("back")]).toEqual([name, phase, true]);
      if (phase === phases.at(-1)) expect([name, phase, none("forward")]).toEqual([name, phase, true]);
    }
  }
});
