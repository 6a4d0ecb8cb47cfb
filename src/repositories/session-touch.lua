#!lua flags=allow-oom
-- Starts the sliding TTL of a session anew, never beyond its hard end.
-- KEYS[1] the session   ARGV[1] sliding TTL in ms
-- Returns 1, 0 where there is none, -1 where what is stored is no session; it is not changed then.
local head = redis.call('GETRANGE', KEYS[1], 0, 68)
local hardEnd = string.sub(head, 55)
if string.sub(head, 1, 13) ~= '{"kw":{"k":"v' or not string.find(hardEnd, '^%d+$') or tonumber(hardEnd) == 0 then
  return -redis.call('EXISTS', KEYS[1])
end
hardEnd = tonumber(hardEnd)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if hardEnd <= now then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(now + tonumber(ARGV[1]), hardEnd)))
return 1
