#!lua flags=allow-oom
-- Removes a list, and keeps a load that is under way from filling it with what was cleared.
-- KEYS[1] the list, KEYS[2] the fill token   Returns 1 where there was a list, else 0.
redis.call('DEL', KEYS[2])
return redis.call('DEL', KEYS[1])
