#!lua flags=no-writes
-- How many members are present in a place, by the server's clock.
-- KEYS[1] the place   ARGV[1] grace in ms
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Later than any clock could have told is as stale as long ago: another program's, or of a clock that was set back since.
local oldest, newest = now - ARGV[1], now + ARGV[1]
return redis.call('ZCOUNT', KEYS[1], oldest, newest)
