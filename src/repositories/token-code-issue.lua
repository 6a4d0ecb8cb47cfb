#!lua
-- Stores a code in the place of the one before it, whose failed attempts are forgotten; not during the cooldown.
-- KEYS[1] the code, [2] the failed attempts, [3] the cooldown
-- ARGV[1] the code, [2] TTL in ms, [3] when it expires instead, in ms since 1970, or empty, [4] by when it has expired
-- whatever its TTL, or empty, [5] cooldown in ms
-- Returns 0 where it was stored, what is left of the cooldown in ms, -3 where the end has passed, -4 where it is later
--         than the TTL allows.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expiry = now + tonumber(ARGV[2])
if ARGV[3] ~= '' then
  if tonumber(ARGV[3]) > expiry then return -4 end
  expiry = tonumber(ARGV[3])
end
if ARGV[4] ~= '' then expiry = math.min(expiry, tonumber(ARGV[4])) end
if expiry <= now then return -3 end
if KEYS[3] then
  local left = redis.call('PTTL', KEYS[3])
  if left == -1 then
    -- A cooldown that lost its TTL would never end.
    redis.call('PEXPIRE', KEYS[3], ARGV[5])
    left = tonumber(ARGV[5])
  end
  if left >= 0 then return math.max(left, 1) end
  redis.call('SET', KEYS[3], '1', 'PX', ARGV[5])
end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', string.format('%.0f', expiry))
redis.call('DEL', KEYS[2])
return 0
