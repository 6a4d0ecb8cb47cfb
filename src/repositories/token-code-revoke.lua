#!lua flags=allow-oom
-- Removes a code and its failed attempts, which may outlive it.
-- KEYS[1] the code, [2] the failed attempts
-- Returns 1 where there was a code, else 0.
local removed = redis.call('DEL', KEYS[1])
redis.call('DEL', KEYS[2])
return removed
