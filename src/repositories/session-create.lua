#!lua
-- Stores a session with its hard end, where there is none; one that is past its hard end counts as none.
-- KEYS[1] the session
-- ARGV[1] the envelope, its hard end still open, [2] sliding TTL in ms, [3] maximum in ms
-- ARGV[4] when it was indexed, in ms since 1970, or empty, [5] for how long after that it may be created, in ms
-- ARGV[6] an earlier hard end, in ms since 1970, or empty, [7] when it expires unless it is touched, or empty
-- Returns 1 where it was stored, 0 where there is one, -2 where it was indexed too long ago, -3 where the end has passed.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local hardEnd = now + tonumber(ARGV[3])
if ARGV[4] ~= '' then
  if now - tonumber(ARGV[4]) > tonumber(ARGV[5]) then return -2 end
  -- The index is kept until then, by the clock of its own server.
  hardEnd = math.min(hardEnd, tonumber(ARGV[4]) + tonumber(ARGV[3]))
end
if ARGV[6] ~= '' then hardEnd = math.min(hardEnd, tonumber(ARGV[6])) end
local expiry = math.min(hardEnd, ARGV[7] == '' and now + tonumber(ARGV[2]) or tonumber(ARGV[7]))
if expiry <= now then return -3 end
if redis.call('EXISTS', KEYS[1]) == 1 then
  if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return 0 end
  local head = redis.call('GETRANGE', KEYS[1], 0, 69)
  local ended = string.match(head, '^{"kw":{"k":"v","i":"%x+","n":"%d%d%d%d","x":"(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d)"')
  if not ended or tonumber(ended) == 0 or tonumber(ended) > now then return 0 end
end
local text = string.sub(ARGV[1], 1, 54) .. string.format('%015.0f', hardEnd) .. string.sub(ARGV[1], 70)
redis.call('SET', KEYS[1], text, 'PXAT', string.format('%.0f', expiry))
return 1
