#!lua flags=no-writes
-- Who is present in a place, by the server's clock, the last seen first.
-- KEYS[1] the place   ARGV[1] grace in ms, ARGV[2] how many at most, -1 for all
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
return redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', oldest, 'LIMIT', 0, ARGV[2])
