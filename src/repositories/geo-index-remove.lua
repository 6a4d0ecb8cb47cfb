#!lua flags=allow-oom
-- Removes a member and its end.
-- KEYS[1] the index, KEYS[2] when each member ends   ARGV[1] member   Returns 1 where the member was there, else 0.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]))
local removed = redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return (removed == 1 and not (ends and ends <= now)) and 1 or 0
