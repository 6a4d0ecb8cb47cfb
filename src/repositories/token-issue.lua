#!lua
-- Stores a token where there is none. With a pointer it becomes the live one, and the one before it is removed.
-- KEYS[1] the token, [2] the pointer, [3] the token that the pointer was last seen to name
-- ARGV[1] the value, [2] TTL in ms, [3] when it expires instead, in ms since 1970, or empty, [4] by when it has expired
-- whatever its TTL, or empty, [5] the token's text, [6] what the pointer was last seen to hold, or empty
-- Returns 1 where it was stored, 0 where there is one, -3 where the end has passed, -4 where it is later than the TTL
--         allows; what the pointer holds, as text, where that is something else. Nothing is changed then.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expiry = now + tonumber(ARGV[2])
if ARGV[3] ~= '' then
  if tonumber(ARGV[3]) > expiry then return -4 end
  expiry = tonumber(ARGV[3])
end
if ARGV[4] ~= '' then expiry = math.min(expiry, tonumber(ARGV[4])) end
if expiry <= now then return -3 end
expiry = string.format('%.0f', expiry)
if KEYS[2] then
  local current = redis.call('GET', KEYS[2]) or ''
  if current ~= ARGV[6] then return current end
end
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if KEYS[3] then redis.call('DEL', KEYS[3]) end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', expiry)
if KEYS[2] then redis.call('SET', KEYS[2], ARGV[5], 'PXAT', expiry) end
return 1
