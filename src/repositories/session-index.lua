#!lua
-- Enters a session into its owner's index, before it exists. The score is the latest end that it can have, so score less
-- maximum is when it was entered; entering it again always moves the score.
-- KEYS[1] the index   ARGV[1] the session's key, [2] maximum in ms
-- Returns now, in ms since 1970.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = redis.call('ZRANGE', KEYS[1], '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, 100)
if #ended > 0 then redis.call('ZREM', KEYS[1], unpack(ended)) end
local score = now + tonumber(ARGV[2])
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
if before and tonumber(before) >= score then score = tonumber(before) + 1 end
redis.call('ZADD', KEYS[1], string.format('%.0f', score), ARGV[1])
-- A lower maximum than before must not forget those that were entered under the higher one.
local last = redis.call('ZRANGE', KEYS[1], 0, 0, 'REV', 'WITHSCORES')[2]
-- Ten years are the longest TTL of a schema: a later end was written by somebody else.
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(tonumber(last), now + 315360000000)))
return now
