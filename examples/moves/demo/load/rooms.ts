/** In each room somebody writes and somebody reads, and both say that they are there. */
import { randomUUID } from "node:crypto";
import type { ChatMessagesItem } from "../../generated/redis/index.js";
import { breath, type Traffic } from "./load.js";

const cap = 100;

interface Room {
  readonly roomId: string;
  /** As the database has them. */
  readonly messages: ChatMessagesItem[];
  /** How many of them were acknowledged. */
  pushed: number;
}

export class Rooms {
  readonly counts = {
    pushed: 0,
    read: 0,
    /** Messages that were pushed before a reading and were not in it, or not in their order. */
    lost: 0,
    /** Readings that the database had to answer. */
    loaded: 0,
    heartbeats: 0,
    /** Here, and not seen. */
    unseen: 0,
    /** Gone, and still seen. */
    ghosts: 0,
  };
  readonly #traffic: Traffic;
  readonly #rooms: readonly Room[];
  readonly #quiet: Room[] = [];

  constructor(traffic: Traffic, rooms: number) {
    this.#traffic = traffic;
    this.#rooms = Array.from({ length: rooms }, () => ({ roomId: randomUUID(), messages: [], pushed: 0 }));
  }

  /** Rooms in which nothing is said from now on. */
  async addQuiet(count: number): Promise<void> {
    const quiet = Array.from({ length: count }, (): Room => ({ roomId: randomUUID(), messages: [], pushed: 0 }));
    await Promise.all(
      quiet.map(async (room) => {
        for (let i = 0; i < 3; i++) await this.#push(room, "somebody");
        // The first reading makes the list.
        await this.#read(room);
      }),
    );
    this.#quiet.push(...quiet);
  }

  /** Every room, with everything that was ever said in it up to the cap. */
  async readAll(): Promise<void> {
    await Promise.all([...this.#rooms, ...this.#quiet].map((room) => this.#read(room)));
  }

  /** For each room a visitor who writes and one who reads. */
  visits(): (() => Promise<void>)[] {
    return this.#rooms.flatMap((room) => [() => this.#write(room), () => this.#watch(room)]);
  }

  async #write(room: Room): Promise<void> {
    const userId = randomUUID();
    await this.#arrive(room, userId);
    for (let i = 0; i < 10 && this.#traffic.going(); i++) {
      await this.#push(room, userId);
      if (Math.random() < 0.3) await this.#read(room);
      await breath();
    }
    await this.#leave(room, userId);
  }

  async #watch(room: Room): Promise<void> {
    await breath();
    await this.#read(room);
  }

  async #push(room: Room, sender: string): Promise<void> {
    const { roomId, messages } = room;
    const id = String(messages.length + 1);
    const message = { id, sender_id: sender, body: `Message ${id}`, sent_at: new Date().toISOString() };
    // The database first, then the list.
    messages.push(message);
    await this.#traffic.fleet.call(({ chatMessages }) => chatMessages.push({ roomId }, message));
    room.pushed = messages.length;
    this.counts.pushed += 1;
  }

  async #read(room: Room): Promise<void> {
    const { roomId, messages, pushed } = room;
    const newest = async (): Promise<ChatMessagesItem[]> => {
      this.counts.loaded += 1;
      return messages.slice(-cap);
    };
    const list = await this.#traffic.fleet.call(({ chatMessages }) =>
      chatMessages.recent({ roomId }, { orElse: newest }),
    );
    this.counts.read += 1;
    this.counts.lost += missing(list, pushed);
  }

  async #arrive({ roomId }: Room, userId: string): Promise<void> {
    await this.#traffic.fleet.call(({ chatOnline }) => chatOnline.heartbeat({ roomId, userId }));
    this.counts.heartbeats += 1;
    const seen = await this.#traffic.fleet.call(({ chatOnline }) => chatOnline.isOnline({ roomId, userId }));
    if (!seen) this.counts.unseen += 1;
  }

  async #leave({ roomId }: Room, userId: string): Promise<void> {
    const before = await this.#traffic.fleet.call(({ chatOnline }) => chatOnline.isOnline({ roomId, userId }));
    if (!before) this.counts.unseen += 1;
    await this.#traffic.fleet.call(({ chatOnline }) => chatOnline.leave({ roomId, userId }));
    const after = await this.#traffic.fleet.call(({ chatOnline }) => chatOnline.isOnline({ roomId, userId }));
    if (after) this.counts.ghosts += 1;
  }
}

/** How many of the messages up to `pushed`, of those that the cap keeps, are not in the list in their order. */
function missing(list: readonly ChatMessagesItem[], pushed: number): number {
  const ids = list.map(({ id }) => Number(id));
  const last = Math.max(pushed, ids.at(-1) ?? 0);
  const first = Math.max(1, last - cap + 1);
  let at = 0;
  let lost = 0;
  for (let id = first; id <= last; id++) {
    if (ids[at] === id) at += 1;
    else lost += 1;
  }
  return lost + (ids.length - at);
}
