#!lua flags=allow-oom
-- Reads a session and starts its sliding TTL anew, never beyond its hard end.
-- KEYS[1] the session   ARGV[1] sliding TTL in ms
-- Returns the envelope, or nil. What is no session is returned as it is, and not touched.
local text = redis.call('GET', KEYS[1])
if not text then return false end
local hardEnd = tonumber(string.match(string.sub(text, 1, 70), '^{"kw":{"k":"v","i":"%x+","n":"%d%d%d%d","x":"(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d)"') or 0)
if hardEnd == 0 then return text end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if hardEnd <= now then
  redis.call('DEL', KEYS[1])
  return false
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + tonumber(ARGV[1]), hardEnd)))
return text
