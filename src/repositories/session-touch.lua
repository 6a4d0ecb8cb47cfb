#!lua flags=allow-oom
-- Starts the sliding TTL of a session anew, never beyond its hard end.
-- KEYS[1] the session   ARGV[1] sliding TTL in ms
-- Returns 1, 0 where there is none, -1 where what is stored is no session; it is not changed then.
local head = redis.call('GETRANGE', KEYS[1], 0, 69)
local hardEnd = tonumber(string.match(head, '^{"kw":{"k":"v","i":"%x+","n":"%d%d%d%d","x":"(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d)"') or 0)
if hardEnd == 0 then return -redis.call('EXISTS', KEYS[1]) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if hardEnd <= now then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + tonumber(ARGV[1]), hardEnd)))
return 1
