#!lua flags=allow-oom
-- A member leaves a place.
-- KEYS[1] the place   ARGV[1] member, ARGV[2] grace in ms
-- Returns 1 where the member was present, else 0.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Later than any clock could have told is as stale as long ago: another program's, or of a clock that was set back since.
local oldest, newest = now - ARGV[2], now + ARGV[2]
local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
redis.call('ZREM', KEYS[1], ARGV[1])
return (seen and seen >= oldest and seen <= newest) and 1 or 0
