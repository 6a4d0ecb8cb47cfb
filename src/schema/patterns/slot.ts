/**
 * Hash slots of Redis Cluster, computed as the server does: CRC16/XMODEM of the key's UTF-8, or of its hash tag, modulo
 * 16384 (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags).
 *
 * @module
 */

/** How many slots a Cluster has. */
export const slotCount = 16384;

const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The slot of a key, 0 to 16383. Nothing is allocated. */
export function keySlot(key: string): number {
  let start = 0;
  let end = key.length;
  const open = key.indexOf("{");
  if (open >= 0) {
    const close = key.indexOf("}", open + 1);
    if (close > open + 1) {
      start = open + 1;
      end = close;
    }
  }
  let crc = 0;
  for (let i = start; i < end; i++) {
    const code = key.charCodeAt(i);
    if (code < 0x80) {
      crc = next(crc, code);
    } else if (code < 0x800) {
      crc = next(next(crc, 0xc0 | (code >> 6)), 0x80 | (code & 0x3f));
    } else {
      let point = key.codePointAt(i)!;
      // Half a surrogate pair is sent as U+FFFD, as Buffer and node-redis write it.
      if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
      if (point > 0xffff) {
        i++;
        crc = next(next(crc, 0xf0 | (point >> 18)), 0x80 | ((point >> 12) & 0x3f));
      } else {
        crc = next(crc, 0xe0 | (point >> 12));
      }
      crc = next(next(crc, 0x80 | ((point >> 6) & 0x3f)), 0x80 | (point & 0x3f));
    }
  }
  return crc % slotCount;
}

/** What stands between the first `{` and the first `}` after it, unless nothing does. */
export function extractTag(key: string): string | undefined {
  const open = key.indexOf("{");
  if (open < 0) return undefined;
  const close = key.indexOf("}", open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : undefined;
}

/**
 * Whether all keys carry the same hash tag. False where a key has none, even if the slots coincide: that is chance, and
 * ends with the next key. True of no keys.
 */
export function shareTag(...keys: readonly string[]): boolean {
  let shared: string | undefined;
  for (const key of keys) {
    const tag = extractTag(key);
    if (tag === undefined || (shared !== undefined && tag !== shared)) return false;
    shared = tag;
  }
  return true;
}

function next(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ CRC16[((crc >> 8) ^ byte) & 0xff]!;
}
