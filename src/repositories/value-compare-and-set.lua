#!lua
-- Replaces a value only where it is still the expected one.
-- KEYS[1] the value   ARGV[1] expected, ARGV[2] next, ARGV[3] TTL in ms, 0 for none, ARGV[4] KEEP to keep a deadline that the key has
-- Returns {1} where it was replaced, {0} where the key is absent, {0, stored} where it holds something else.
local stored = redis.call('GET', KEYS[1])
if not stored then return {0} end
if stored ~= ARGV[1] then return {0, stored} end
if ARGV[4] == 'KEEP' and redis.call('PTTL', KEYS[1]) ~= -1 then
  redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
elseif ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return {1}
