#!lua flags=allow-oom
-- A member leaves a place.
-- KEYS[1] the place   ARGV[1] member, ARGV[2] grace in ms
-- Returns 1 where the member was present, else 0.
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[2]
local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
redis.call('ZREM', KEYS[1], ARGV[1])
return (seen and seen >= oldest) and 1 or 0
