#!lua flags=allow-oom
-- Removes members that have ended by the server's clock, the longest ended first.
-- KEYS[1] the index, KEYS[2] when each member ends   ARGV[1] at most so many   Returns how many ends were swept.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1])
for first = 1, #gone, 1000 do
  local last = math.min(first + 999, #gone)
  redis.call('ZREM', KEYS[1], unpack(gone, first, last))
  redis.call('ZREM', KEYS[2], unpack(gone, first, last))
end
return #gone
