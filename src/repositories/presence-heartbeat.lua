#!lua
-- A member of a place was seen now.
-- KEYS[1] the place, a ZSET of its members by when they were last seen, in ms of the server's clock
-- ARGV[1] member, ARGV[2] grace in ms, ARGV[3] TTL of the place in ms
-- Returns 1 where the member was not present before, else 0.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Later than any clock could have told is as stale as long ago: another program's, or of a clock that was set back since.
local oldest, newest = now - ARGV[2], now + ARGV[2]
local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
redis.call('ZADD', KEYS[1], now, ARGV[1])
-- Members who have gone without leaving: a bounded number a call, so that no heartbeat pays for a whole crowd.
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. oldest, 'LIMIT', 0, 100)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. newest, '+inf', 'LIMIT', 0, 100 - #gone)) do
  gone[#gone + 1] = member
end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return (seen and seen >= oldest and seen <= newest) and 0 or 1
