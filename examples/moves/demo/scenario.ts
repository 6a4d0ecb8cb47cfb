/** Takes the families through their phases, and closes everything. */
import { startCluster } from "keywright/testing";
import { expect, expectThat } from "../../shared/expecting.js";
import { count, heading, milliseconds, result } from "../../shared/printing.js";
import { serverInWords } from "../../shared/server-in-words.js";
import { clientFor, Fleet, type Instance, removeDeploys, takeWorkingCopy, Version } from "./deploys.js";
import { Codes } from "./load/codes.js";
import { Load } from "./load/load.js";
import { Rooms } from "./load/rooms.js";
import { Sessions } from "./load/sessions.js";
import { type Direction, Migrating } from "./migrating.js";
import { summary } from "./summary.js";

const families = ["browserSession", "emailCode", "chatMessages", "chatOnline"] as const;
/** Instances of each service and version. */
const instances = 2;
/** browser, chat, gateway and identity. */
const services = 4;
/** How long both versions work side by side, in milliseconds. */
const sideBySide = 1500;
/** What the move must bring along by itself. Of the codes some are typed in at every deploy. */
const codesLater = 100;
const quietSessions = 300;
const quietRooms = 40;

type Family = (typeof families)[number];

export async function scenario(): Promise<void> {
  const began = performance.now();
  const redis = await serverInWords();
  const cluster = await startCluster({ primaries: 3, replicas: 0 });
  try {
    result(`${redis} runs as a Cluster of 3 primaries (${milliseconds(performance.now() - began)})`);
    const client = clientFor(cluster.rootNodes);
    await client.connect();
    try {
      takeWorkingCopy();
      await new Moves(cluster.rootNodes, new Migrating(client, instances * services)).all();
    } finally {
      await client.close();
      removeDeploys();
    }
  } finally {
    await cluster.stop();
  }
}

class Moves {
  readonly #rootNodes: { url: string }[];
  readonly #migrating: Migrating;
  readonly #fleet = new Fleet();
  readonly #load = new Load(this.#fleet);
  readonly #sessions = new Sessions(this.#load);
  readonly #codes = new Codes(this.#load);
  readonly #rooms = new Rooms(this.#load, 8);
  #deploys = 0;
  #old = 0;
  #new = 0;

  constructor(rootNodes: { url: string }[], migrating: Migrating) {
    this.#rootNodes = rootNodes;
    this.#migrating = migrating;
  }

  async all(): Promise<void> {
    const migrating = this.#migrating;
    try {
      await this.#begin();

      heading("2 Writes go to both sides");
      await this.#deploy("forward");

      heading("3 The new keys are read");
      await this.#deploy("forward");
      await this.#fill();

      heading("4 One phase back");
      await migrating.verify("browserSession");
      const old = await migrating.purge("chatMessages", "old");
      result(`what is stale is removed: ${count(old)} old lists, which the database can load again`);
      await this.#deploy("back");

      heading("5 And on again");
      const fresh = await migrating.purge("chatMessages", "new");
      result(`what is stale is removed: ${count(fresh)} new lists`);
      await this.#deploy("forward");
      await this.#fill();
      await this.#verify(["browserSession", "emailCode", "chatOnline"]);

      heading("6 The new keys alone");
      await this.#deploy("forward");
      await this.#verify(["browserSession"]);
      await this.#deploy("forward", ["browserSession"]);

      heading("7 The move is over");
      await this.#cleanup();
      await this.#retire();
      await this.#end();
    } finally {
      // Whatever happened: nobody is to call a client that is closed.
      await this.#load.end().catch(() => undefined);
      await Promise.all(this.#fleet.instances.map((instance) => instance.stop()));
    }
  }

  async #begin(): Promise<void> {
    heading("1 The first version, on the old keys");
    this.#fleet.instances = await this.#start(await Version.build(0));
    await this.#sessions.openQuiet(quietSessions);
    await this.#codes.issueForLater(2 * codesLater);
    await this.#rooms.addQuiet(quietRooms);
    this.#load.run(16, () => this.#sessions.visit());
    this.#load.run(6, () => this.#codes.visit());
    for (const visit of this.#rooms.visits()) this.#load.run(1, visit);
    await this.#load.goOn(1000);
    const quiet = `${quietSessions} sessions, ${2 * codesLater} codes and ${quietRooms} rooms that nobody writes for now`;
    result(`${instances} instances of each service; beside the traffic ${quiet}`);
    await this.#tellKeys();
  }

  /** All families by one phase: a schema, a version, and a deploy in which both versions work. */
  async #deploy(direction: Direction, moving: readonly Family[] = families): Promise<void> {
    let gates = 0;
    const phases: string[] = [];
    for (const family of moving) {
      const from = await this.#migrating.phase(family);
      gates += await this.#migrating.step(family, direction);
      phases.push(from);
    }
    this.#deploys += 1;
    const version = await Version.build(this.#deploys);
    for (const [i, family] of moving.entries()) phases[i] += ` → ${await this.#migrating.phase(family)}`;
    result(`${moving.map((family, i) => `${family} ${phases[i]}`).join(", ")}; ${gates} gates open`);
    await this.#sideBySide(version);
    await this.#tellKeys();
  }

  /** Starts a version beside the one that runs, lets both work, and stops the one that runs. */
  async #sideBySide(version: Version): Promise<void> {
    const leaving = this.#fleet.instances;
    const coming = await this.#start(version);
    const before = callsOf(leaving);
    this.#fleet.instances = [...leaving, ...coming];
    await this.#codes.typeIn(codesLater / 2);
    await this.#codes.issueForLater(codesLater / 2);
    await this.#sessions.readQuiet();
    await this.#load.goOn(sideBySide);
    const [old, fresh] = [callsOf(leaving) - before, callsOf(coming)];
    expectThat("both versions worked", old > 0 && fresh > 0);
    this.#old += old;
    this.#new += fresh;
    this.#fleet.instances = coming;
    await Promise.all(leaving.map((instance) => instance.stop()));
    await this.#load.goOn(300);
    await this.#sessions.readQuiet();
    result(`side by side: ${count(old)} calls by the version before, ${count(fresh)} by the one that comes`);
    this.#tellNothingLost();
  }

  async #fill(): Promise<void> {
    const filled: string[] = [];
    for (const family of ["browserSession", "emailCode", "chatOnline"] as const) {
      filled.push(`${family} ${count(await this.#migrating.fill(family))}`);
    }
    result(`fill, beside the traffic, brings over what nobody writes: ${filled.join(", ")}`);
  }

  async #verify(all: readonly Family[]): Promise<void> {
    const verified: string[] = [];
    for (const family of all) verified.push(`${family} ${count(await this.#migrating.verify(family))}`);
    result(`verify compares both sides, and finds no difference: ${verified.join(", ")}`);
  }

  async #cleanup(): Promise<void> {
    const removed: string[] = [];
    for (const family of families) removed.push(`${family} ${count(await this.#migrating.cleanup(family))}`);
    result(`old keys and marks removed: ${removed.join(", ")}`);
    await this.#load.goOn(500);
    const keys = await this.#migrating.keys(families);
    expect("old keys", keys.old, 0);
    result(`keys: ${count(keys.old)} old, ${count(keys.new)} new`);
  }

  /** The move leaves the schema; its old patterns stay there, so that nobody uses them again. */
  async #retire(): Promise<void> {
    const retired = await this.#migrating.retire();
    this.#deploys += 1;
    const version = await Version.build(this.#deploys);
    result(`moved is taken out of the schema, and ${retired.length} old patterns are retired`);
    await this.#sideBySide(version);
    let late = 0;
    for (const pattern of retired) late += await this.#migrating.cleanupRetired(pattern);
    result(`cleanup of the retired patterns: ${count(late)} keys and marks that were left`);
  }

  async #end(): Promise<void> {
    await this.#load.end();
    await this.#codes.typeInAll();
    await this.#sessions.readQuiet();
    await this.#rooms.readAll();
    this.#tellNothingLost();
    summary({
      deploys: this.#deploys,
      old: this.#old,
      new: this.#new,
      sessions: this.#sessions.counts,
      codes: this.#codes.counts,
      rooms: this.#rooms.counts,
    });
  }

  #start(version: Version): Promise<Instance[]> {
    return Promise.all(Array.from({ length: instances }, () => version.start(this.#rootNodes)));
  }

  async #tellKeys(): Promise<void> {
    const keys = await this.#migrating.keys(families);
    result(`keys: ${count(keys.old)} old, ${count(keys.new)} new, ${count(keys.marks)} marks`);
  }

  #tellNothingLost(): void {
    const { signedOut, back } = this.#sessions.counts;
    const { refused, twice, uncounted, flooded } = this.#codes.counts;
    const { lost, unseen, ghosts } = this.#rooms.counts;
    const wrong = { signedOut, back, refused, twice, uncounted, flooded, lost, unseen, ghosts };
    expect(
      "what went wrong",
      Object.entries(wrong).filter(([, n]) => n > 0),
      [],
    );
  }
}

function callsOf(instances: readonly Instance[]): number {
  return instances.reduce((sum, { calls }) => sum + calls, 0);
}
