#!lua flags=no-writes
-- A counter and what is left of its TTL.
-- KEYS[1] the counter
-- Returns {stored text or nil, PTTL}.
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
