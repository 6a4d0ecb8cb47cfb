#!lua
-- SET that keeps the deadline of the first write, and gives a new key its TTL in the same step.
-- KEYS[1] the value   ARGV[1] what to store, ARGV[2] TTL in ms of a new key, ARGV[3] XX where only a present key may change
-- Returns 1 where it was stored, else 0.
local left = redis.call('PTTL', KEYS[1])
if left == -2 then
  if ARGV[3] == 'XX' then return 0 end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
elseif left == -1 then
  -- A key that lost its TTL gets it back.
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
end
return 1
