import { connect, createServer, type Socket } from "node:net";

export interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
}

/** `toServer` is what the client sends, `toClient` what the server answers. */
export type Direction = "toServer" | "toClient";

export interface TestProxy {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  /** How many client connections are open through the proxy now. */
  readonly connections: number;
  /** Breaks all connections now. New ones are accepted. */
  cut(): void;
  /**
   * Lets exactly `n` more bytes pass in that direction, counted over all connections, and then breaks all connections;
   * what follows is lost. Works once; 0 breaks them at the next byte.
   */
  cutAfterBytes(n: number, direction: Direction): void;
  /**
   * While on, connections stay open and are accepted, and nothing passes in either direction. When it is switched off,
   * what was held back is delivered, as TCP does after a network outage.
   */
  blackhole(on: boolean): void;
  /**
   * The connections that are open now stay so, and nothing passes on them any more, as where a firewall has forgotten
   * them. New ones are not concerned.
   */
  silence(): void;
  /** Every byte arrives `ms` milliseconds later, in each direction: a round trip takes 2 × `ms` more. */
  delay(ms: number): void;
  /** Breaks all connections and accepts no more: the port is dead. */
  stop(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  silent: boolean;
}

/** Starts a TCP proxy on a free port of 127.0.0.1 that can break, hold up and slow down what passes through it. */
export async function startProxy({ target }: ProxyOptions): Promise<TestProxy> {
  const links = new Set<Link>();
  let delayMs = 0;
  let quota: { left: number; readonly direction: Direction } | undefined;
  let opening = Promise.resolve();
  let open: (() => void) | undefined;

  const cut = () => {
    for (const { client, server } of links) {
      client.destroy();
      server.destroy();
    }
    links.clear();
  };

  /** What of this chunk may still pass; the rest, and all that follows, is lost with the connections. */
  const allowed = (chunk: Buffer, direction: Direction) => {
    if (quota === undefined || quota.direction !== direction) return chunk;
    const passing = chunk.subarray(0, quota.left);
    quota.left -= passing.length;
    return passing;
  };

  const forward = (link: Link, direction: Direction) => {
    const [from, to] = direction === "toServer" ? [link.client, link.server] : [link.server, link.client];
    // One chunk after the other; the delay counts from its arrival, so that it adds latency and takes no throughput.
    let queue = Promise.resolve();
    const inTurn = (due: number, act: () => void) => {
      queue = queue.then(async () => {
        await until(due);
        await opening;
        if (links.has(link)) act();
      });
    };
    from.on("data", (chunk: Buffer) => {
      inTurn(Date.now() + delayMs, () => {
        if (link.silent) return;
        const passing = allowed(chunk, direction);
        const last = quota !== undefined && quota.direction === direction && quota.left === 0;
        to.write(passing);
        if (last) finish(link, to);
      });
    });
    from.on("end", () =>
      inTurn(Date.now() + delayMs, () => {
        if (!link.silent) to.end();
        // A client that has given up is gone; that a server has, a client of a silent connection does not learn.
        else if (direction === "toServer") close(link);
      }),
    );
    from.on("close", () => inTurn(Date.now() + delayMs, () => close(link)));
    from.on("error", () => undefined);
  };

  const close = (link: Link) => {
    links.delete(link);
    link.client.destroy();
    link.server.destroy();
  };

  /** The bytes that were let through shall arrive: that connection is ended, not reset. */
  const finish = (link: Link, to: Socket) => {
    quota = undefined;
    links.delete(link);
    const other = to === link.client ? link.server : link.client;
    to.end(() => {
      other.destroy();
      setTimeout(() => to.destroy(), 50);
    });
    cut();
  };

  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const server = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const link: Link = { client, server, silent: false };
    links.add(link);
    forward(link, "toServer");
    forward(link, "toClient");
  });
  await new Promise<void>((done, fail) => {
    listener.once("error", fail);
    listener.listen(0, "127.0.0.1", done);
  });
  const { port } = listener.address() as { port: number };

  return {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
    get connections() {
      return links.size;
    },
    cut,
    cutAfterBytes(n, direction) {
      quota = { left: n, direction };
    },
    blackhole(on) {
      if (on && open === undefined) {
        opening = new Promise((done) => {
          open = done;
        });
      } else if (!on) {
        open?.();
        open = undefined;
      }
    },
    silence() {
      for (const link of links) link.silent = true;
    },
    delay(ms) {
      delayMs = ms;
    },
    async stop() {
      open?.();
      cut();
      await new Promise<void>((done) => listener.close(() => done()));
    },
  };
}

async function until(due: number): Promise<void> {
  const wait = due - Date.now();
  if (wait > 0) await new Promise((done) => setTimeout(done, wait));
}
