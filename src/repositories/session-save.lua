#!lua
-- Replaces the value of a session that is there, and keeps its hard end. A session that was destroyed stays so.
-- KEYS[1] the session
-- ARGV[1] the envelope, its hard end still open, [2] sliding TTL in ms
-- ARGV[3] when it was indexed under a new owner, in ms since 1970, or empty, [4] for how long that lets it be saved, in ms
-- Returns 1, 0 where there is none, -1 where what is stored is no session, -2 where it was indexed too long ago, -3 where a newer version stored it, 2 where
--         it belongs to somebody else by what is stored; nothing is changed then.
local head = redis.call('GETRANGE', KEYS[1], 0, 99)
local hardEnd = string.match(string.sub(head, 1, 70), '^{"kw":{"k":"v","i":"%x+","n":"%d%d%d%d","x":"(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d)"')
local ending = tonumber(hardEnd or 0)
if ending == 0 then return -redis.call('EXISTS', KEYS[1]) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ending <= now then
  redis.call('DEL', KEYS[1])
  return 0
end
-- What a newer version of the schema stored is not overwritten by an older one.
if string.sub(head, 44, 47) > string.sub(ARGV[1], 44, 47) then return -3 end
if ARGV[3] ~= '' then
  if now - tonumber(ARGV[3]) > tonumber(ARGV[4]) then return -2 end
else
  local owner = string.match(ARGV[1], '^,"o":"(%x+)"', 71)
  if owner and owner ~= string.match(head, '^,"o":"(%x+)"', 71) then return 2 end
end
local expiry = string.format('%.0f', math.min(now + tonumber(ARGV[2]), ending))
redis.call('SET', KEYS[1], string.sub(ARGV[1], 1, 54) .. hardEnd .. string.sub(ARGV[1], 70), 'PXAT', expiry)
return 1
