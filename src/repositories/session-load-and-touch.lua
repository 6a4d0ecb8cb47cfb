#!lua flags=allow-oom
-- Reads a session and starts its sliding TTL anew, never beyond its hard end.
-- KEYS[1] the session   ARGV[1] sliding TTL in ms
-- Returns the envelope, or nil. What is no session is returned as it is, and not touched.
local text = redis.call('GET', KEYS[1])
if not text then return false end
local hardEnd = string.sub(text, 55, 69)
if string.sub(text, 1, 13) ~= '{"kw":{"k":"v' or not string.find(hardEnd, '^%d+$') then return text end
hardEnd = tonumber(hardEnd)
if hardEnd == 0 then return text end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if hardEnd <= now then
  redis.call('DEL', KEYS[1])
  return false
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + tonumber(ARGV[1]), hardEnd)))
return text
