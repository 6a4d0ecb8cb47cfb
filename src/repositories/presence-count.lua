#!lua flags=no-writes
-- How many members are present in a place, by the server's clock.
-- KEYS[1] the place   ARGV[1] grace in ms
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
return redis.call('ZCOUNT', KEYS[1], oldest, '+inf')
