/**
 * The jitter of a TTL: keys that were written together do not expire together.
 *
 * @module
 */

/** A TTL shortened by up to `jitter`, in milliseconds; the same for the same key, whichever process asks. */
export function jittered(ms: number, jitter: number, key: string): number {
  // FNV-1a, and the end of MurmurHash3, without which keys that differ in their last characters lie close together.
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ms - Math.floor(((hash >>> 0) / 2 ** 32) * (jitter + 1));
}
