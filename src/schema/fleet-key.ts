/**
 * The keys in which the instances of a service report how far their moves are. They are part of the disjointness proof, so
 * that no family owns them.
 *
 * @module
 */

/** One key an instance, all of a keyspace in one slot. A prefix stands before it. */
export const fleetPattern = "_keywright:fleet:{<keyspace>}:<instance:hex>";

/** How often an instance reports, in milliseconds. */
export const fleetEvery = 10_000;

/** A report lives for so many milliseconds: an instance that has missed three is not there. */
export const fleetTtl = 35_000;

/** What the reports of a keyspace begin with. */
export function fleetHead(prefix: string, keyspace: string): string {
  return `${prefix}_keywright:fleet:{${keyspace}}:`;
}

/** The key of an instance's report; `instance` is hexadecimal. */
export function fleetKey(prefix: string, keyspace: string, instance: string): string {
  return fleetHead(prefix, keyspace) + instance;
}
