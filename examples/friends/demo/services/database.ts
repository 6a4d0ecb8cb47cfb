/**
 * Stands for the app's Postgres and for the servers that it asks: people, friendships, messages, events, linked pages,
 * Apple's keys. It counts what it is asked, so that the demo can show what the caches save.
 */
import type { ApplePublicKeys, ChatMessagesItem, LinkPreview, UserFriends } from "../../generated/redis/index.js";

export interface Person {
  readonly userId: string;
  readonly name: string;
}

export interface NewMessage {
  readonly chatRoomId: string;
  readonly senderId: string;
  readonly body: string;
}

export interface EventLocation {
  readonly eventId: string;
  readonly longitude: number;
  readonly latitude: number;
}

const firstNames = ["Amara", "Bruno", "Chiara", "Devi", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas"];
const lastNames = ["Adeyemi", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Gupta", "Haddad", "Ito", "Jansen"];

export class Database {
  /** Mara has a thousand friends. */
  readonly mara: Person = { userId: "42", name: "Mara Lind" };
  readonly people: readonly Person[];
  /** Ten thousand events around Lisbon. */
  readonly events: readonly EventLocation[];
  /** Questions so far; a question may ask for many rows. */
  questions = 0;
  /** Runs while an answer with messages is under way: its rows are read, and not yet with who asked. */
  onMessagesRead: (() => Promise<unknown>) | undefined;
  readonly #messages = new Map<string, ChatMessagesItem[]>();
  readonly #sharing = new Map<string, boolean>();
  readonly #strangers = new Set<string>();

  constructor() {
    this.events = eventsAround({ longitude: -9.1393, latitude: 38.7223 }, 10_000);
    this.people = Array.from({ length: 1000 }, (_, i) => ({
      userId: String(1000 + i),
      name: `${firstNames[i % 10]} ${lastNames[Math.floor(i / 10) % 10]}`,
    }));
    for (const [i, { userId }] of this.people.entries()) this.#sharing.set(userId, i % 3 !== 0);
  }

  /** Whether each user shares a location. */
  async sharing(userIds: readonly string[]): Promise<boolean[]> {
    this.questions += 1;
    return userIds.map((userId) => this.#sharing.get(userId) ?? false);
  }

  async setSharing(userId: string, sharing: boolean): Promise<void> {
    this.questions += 1;
    this.#sharing.set(userId, sharing);
  }

  async friendsOf(userId: string): Promise<UserFriends> {
    this.questions += 1;
    if (userId !== this.mara.userId) return [{ userId: this.mara.userId, since: "2025-03-01T09:00:00Z" }];
    return this.people
      .filter((person) => !this.#strangers.has(person.userId))
      .map((person) => ({ userId: person.userId, since: "2025-03-01T09:00:00Z" }));
  }

  async endFriendship(friendId: string): Promise<void> {
    this.questions += 1;
    this.#strangers.add(friendId);
  }

  /** Commits a message. */
  async insertMessage({ chatRoomId, senderId, body }: NewMessage): Promise<ChatMessagesItem> {
    this.questions += 1;
    const messages = this.#messages.get(chatRoomId) ?? [];
    this.#messages.set(chatRoomId, messages);
    const sentAt = new Date(Date.UTC(2026, 0, 2, 18, 0, messages.length)).toISOString();
    const message = { id: `${chatRoomId}-${messages.length + 1}`, sender_id: senderId, body, sent_at: sentAt };
    messages.push(message);
    return message;
  }

  /** The newest messages of a room that are committed, the newest last. */
  async newestMessages(chatRoomId: string, limit: number): Promise<ChatMessagesItem[]> {
    this.questions += 1;
    const rows = (this.#messages.get(chatRoomId) ?? []).slice(-limit);
    await this.onMessagesRead?.();
    return rows;
  }

  async applePublicKeys(): Promise<ApplePublicKeys> {
    this.questions += 1;
    return { keys: [{ kty: "RSA", kid: "E6q83RB15n", use: "sig", alg: "RS256", n: "0vx7agoebGcQSuu", e: "AQAB" }] };
  }

  async openGraphOf(url: string): Promise<LinkPreview> {
    this.questions += 1;
    return { title: "The ten quietest cafés of Lisbon", site: new URL(url).hostname };
  }
}

/** The same events in every run: a Lehmer generator, denser towards the middle. */
function eventsAround(middle: { longitude: number; latitude: number }, count: number): EventLocation[] {
  let state = 42;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const spread = () => (random() + random() + random() - 1.5) / 1.5;
  return Array.from({ length: count }, (_, i) => ({
    eventId: `event-${10_001 + i}`,
    longitude: middle.longitude + spread() * 0.8,
    latitude: middle.latitude + spread() * 0.6,
  }));
}
