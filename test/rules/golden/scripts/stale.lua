#!lua flags=allow-stale
return redis.call('INCR', KEYS[1])
