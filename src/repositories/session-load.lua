#!lua flags=no-writes
-- Reads a session; one that is past its hard end by the server's clock is absent, also where its TTL was lost.
-- KEYS[1] the session   ARGV[1] EXPIRY to learn also when it expires
-- Returns the envelope or nil; with EXPIRY {envelope, ms since 1970, or -1 where the TTL was lost}.
local text = redis.call('GET', KEYS[1])
if not text then return false end
local hardEnd = string.match(string.sub(text, 1, 70), '^{"kw":{"k":"v","i":"%x+","n":"%d%d%d%d","x":"(%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d)"')
if hardEnd then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if tonumber(hardEnd) > 0 and tonumber(hardEnd) <= now then return false end
end
if ARGV[1] == 'EXPIRY' then return {text, redis.call('PEXPIRETIME', KEYS[1])} end
return text
