#!lua flags=allow-cross-slot-keys
return redis.call('INCR', KEYS[1])
