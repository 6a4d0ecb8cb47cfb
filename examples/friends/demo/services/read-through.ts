/**
 * A plain read-through cache in front of the database, on families of the kind `value`: what is missing is loaded and
 * filled.
 *
 * Deleting after a commit leaves one gap, as in every such cache: who read the database before the commit may still fill
 * the cache after the delete. The TTL bounds that.
 */
interface Filled<K, V> {
  get(key: K): Promise<V | null>;
  getMany(keys: readonly K[]): Promise<(V | null)[]>;
  set(key: K, value: V): Promise<unknown>;
}

export async function readThrough<K, V>(cache: Filled<K, V>, key: K, load: () => Promise<V>): Promise<V> {
  const cached = await cache.get(key);
  if (cached !== null) return cached;
  const loaded = await load();
  await cache.set(key, loaded);
  return loaded;
}

/** One batched read of the cache, one question to the database for what it lacks; `load` answers in the order asked. */
export async function readThroughMany<K, V>(
  cache: Filled<K, V>,
  keys: readonly K[],
  load: (missing: readonly K[]) => Promise<readonly V[]>,
): Promise<V[]> {
  const cached = await cache.getMany(keys);
  const missing = keys.filter((_, i) => cached[i] === null);
  if (missing.length === 0) return cached as V[];
  const loaded = await load(missing);
  await Promise.all(missing.map((key, i) => cache.set(key, loaded[i] as V)));
  let next = 0;
  return cached.map((value) => (value === null ? (loaded[next++] as V) : value));
}
