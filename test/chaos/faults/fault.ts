import type { Draw } from "../../model/draw.js";
import type { Loss } from "../history.js";
import type { ChaosClient, Node, Servers, TopologyName } from "../servers.js";
import { primariesOf } from "../servers.js";

/** Something that befalls the servers, or the way to them, or the process, under load. */
export interface Fault {
  readonly name: string;
  /** In words, for the documentation and the report. */
  readonly what: string;
  readonly on: readonly TopologyName[];
  /** What may be gone after it, although it was acknowledged. */
  readonly loses: Loss;
  /** True where the servers are not as before: the next fault gets others. */
  readonly spends?: boolean;
  /** False where the client may be broken for good, by its owner's own doing: then only what calls answer is held. */
  readonly recovers?: boolean;
  /** Lets it happen, for seconds; resolves when it is over, from when on recovery is timed. */
  happen(scene: Scene): Promise<void>;
}

/** Where a fault happens. */
export interface Scene {
  readonly servers: Servers;
  readonly client: ChaosClient;
  /** A draw of the fault's own: the load has another. */
  readonly draw: Draw;
}

export const everywhere: readonly TopologyName[] = ["single", "pool", "cluster", "sentinel"];

/** One primary, by chance. */
export async function onePrimary({ servers, draw }: Scene): Promise<Node> {
  return draw.one(await primariesOf(servers));
}
