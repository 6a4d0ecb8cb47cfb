#!lua
-- Increments a counter and sees to its TTL in the same step.
-- KEYS[1] the counter   ARGV[1] by how much, ARGV[2] TTL in ms, ARGV[3] SLIDE where every increment starts the TTL anew
-- Returns {value as text, TTL left in ms}, or {} where the stored number or the sum is beyond ±(2^53 - 1), where neither Lua nor
-- JavaScript counts exactly; nothing is changed then.
local stored = redis.call('GET', KEYS[1])
-- What is no number at all is left to INCRBY to refuse.
local before = stored and string.find(stored, '^%-?%d+$') and tonumber(stored) or 0
local sum = before + tonumber(ARGV[1])
-- A stored number beyond would be rounded here, and so may come back within.
if math.max(math.abs(before), math.abs(sum)) > 9007199254740991 then return {} end
local value = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
-- New counters have no TTL yet, and old ones may have lost theirs to a program that sets it in a step of its own.
if left < 0 or ARGV[3] == 'SLIDE' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
-- As text: clients read integers near 2^53 inexactly.
return {string.format('%.0f', value), left}
