#!lua
-- A fill begins: from now on changes go to the new key too.
-- KEYS[1] the versions of the new sorted set   ARGV[1] their TTL in ms   Returns 1 where one has ended before, else 0.
redis.call('HSETNX', KEYS[1], 'filled', 'filling')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGET', KEYS[1], 'filled') == 'filled' and 1 or 0
