/**
 * Which arguments of a Redis command are keys, and which of them it changes
 * (https://redis.io/docs/latest/develop/reference/key-specs). Held against a server's own COMMAND by a test.
 *
 * @module
 */

/**
 * Positions from 1: `1`, `1,2`, `2-` (from there on), `odd`, or `KEYS`: those that are written `KEYS[n]`, where the
 * positions depend on other arguments.
 */
interface Row {
  readonly reads?: string;
  readonly writes?: string;
  readonly names: string;
}

const rows: readonly Row[] = [
  {
    reads: "1",
    names: `BITCOUNT BITFIELD_RO BITPOS DUMP EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH
      GET GETBIT GETRANGE HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN
      HTTL HVALS LINDEX LLEN LPOS LRANGE PEXPIRETIME PTTL SCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN
      STRLEN SUBSTR TTL TYPE XLEN XPENDING XRANGE XREVRANGE ZCARD ZCOUNT ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX
      ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE`,
  },
  { reads: "1-", names: "EXISTS MGET PFCOUNT SDIFF SINTER SUNION TOUCH" },
  { reads: "1,2", names: "LCS" },
  {
    writes: "1",
    names: `APPEND BITFIELD BLPOP BRPOP BZPOPMAX BZPOPMIN DECR DECRBY EXPIRE EXPIREAT GEOADD GETDEL GETEX GETSET HDEL
      HEXPIRE HEXPIREAT HGETDEL HGETEX HINCRBY HINCRBYFLOAT HMSET HPERSIST HPEXPIRE HPEXPIREAT HSET HSETEX HSETNX INCR
      INCRBY INCRBYFLOAT LINSERT LPOP LPUSH LPUSHX LREM LSET LTRIM MOVE PERSIST PEXPIRE PEXPIREAT PFADD PSETEX RESTORE
      RESTORE-ASKING RPOP RPUSH RPUSHX SADD SET SETBIT SETEX SETNX SETRANGE SPOP SREM XACK XADD XAUTOCLAIM XCLAIM XDEL
      XSETID XTRIM ZADD ZINCRBY ZPOPMAX ZPOPMIN ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE`,
  },
  { writes: "1-", names: "DEL UNLINK" },
  { writes: "odd", names: "MSET MSETNX" },
  { writes: "1,2", names: "BLMOVE BRPOPLPUSH LMOVE RENAME RENAMENX RPOPLPUSH SMOVE" },
  { writes: "1", reads: "2-", names: "PFMERGE SDIFFSTORE SINTERSTORE SUNIONSTORE" },
  { writes: "1", reads: "2", names: "GEOSEARCHSTORE ZRANGESTORE" },
  { writes: "1", reads: "KEYS", names: "ZDIFFSTORE ZINTERSTORE ZUNIONSTORE" },
  { writes: "2", reads: "1", names: "COPY" },
  { writes: "2", reads: "3-", names: "BITOP" },
  {
    writes: "KEYS",
    names: `BLMPOP BZMPOP FLUSHALL FLUSHDB GEORADIUS GEORADIUSBYMEMBER LMPOP MIGRATE PFDEBUG SORT SWAPDB XGROUP
      XREADGROUP ZMPOP`,
  },
];

const known = new Map(rows.flatMap((row) => row.names.split(/\s+/).map((name) => [name, row] as const)));
/** Whatever else there is, such as commands of modules, counts as a read. */
const other: Row = { reads: "KEYS", names: "" };

/** Whether a command may change keys. */
export function isWrite(command: string): boolean {
  return known.get(command)?.writes !== undefined;
}

export type KeyUse = "reads" | "writes";

/**
 * How a command uses its argument at a position from 1; undefined where it is no key.
 *
 * @param isKey the argument is written `KEYS[n]`
 */
export function useOf(command: string, position: number, isKey: boolean): KeyUse | undefined {
  const row = known.get(command) ?? other;
  const covers = (positions: string | undefined): boolean => {
    if (positions === undefined) return false;
    if (positions === "KEYS") return isKey;
    if (positions === "odd") return position % 2 === 1;
    if (positions.endsWith("-")) return position >= Number(positions.slice(0, -1));
    return positions.split(",").includes(String(position));
  };
  if (covers(row.writes)) return "writes";
  return covers(row.reads) ? "reads" : undefined;
}
