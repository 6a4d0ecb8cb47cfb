/**
 * Stands for the app's Postgres and for the servers that it asks: people, friendships, linked pages, Apple's keys. It
 * counts what it is asked, so that the demo can show what the caches save.
 */
import type { ApplePublicKeys, LinkPreview, UserFriends } from "../../generated/redis/index.js";

export interface Person {
  readonly userId: string;
  readonly name: string;
}

const firstNames = ["Amara", "Bruno", "Chiara", "Devi", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas"];
const lastNames = ["Adeyemi", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Gupta", "Haddad", "Ito", "Jansen"];

export class Database {
  /** Mara has a thousand friends. */
  readonly mara: Person = { userId: "42", name: "Mara Lind" };
  readonly people: readonly Person[];
  /** Questions so far; a question may ask for many rows. */
  questions = 0;
  readonly #sharing = new Map<string, boolean>();
  readonly #strangers = new Set<string>();

  constructor() {
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

  async applePublicKeys(): Promise<ApplePublicKeys> {
    this.questions += 1;
    return { keys: [{ kty: "RSA", kid: "E6q83RB15n", use: "sig", alg: "RS256", n: "0vx7agoebGcQSuu", e: "AQAB" }] };
  }

  async openGraphOf(url: string): Promise<LinkPreview> {
    this.questions += 1;
    return { title: "The ten quietest cafés of Lisbon", site: new URL(url).hostname };
  }
}
