#!lua flags=no-writes
-- How many members an index has, without those that have ended by the server's clock.
-- KEYS[1] the index, KEYS[2] when each member ends
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return math.max(0, redis.call('ZCARD', KEYS[1]) - redis.call('ZCOUNT', KEYS[2], '-inf', now))
