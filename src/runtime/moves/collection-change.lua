#!lua
-- A blind change of members, with the version that each of them has by it.
-- KEYS: those of the operation, the first of which is the sorted set, then the versions
-- ARGV: as every frame's; its own: TTL of the versions in ms, the client, the least version less one, or empty, members…
-- Returns {reply, deadline of the set in ms since 1970, or a negative number, then for each member its version and its score, empty where it is not there}.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local versions, ttl, client, floor, own, rest = KEYS[#KEYS], ARGV[3], ARGV[4], ARGV[5], {}, {}
for i = 1, count do own[i] = KEYS[i] end
for i = 3 + skip, #ARGV do rest[i - 2 - skip] = ARGV[i] end
local function operation(KEYS, ARGV) end
local reply = operation(own, rest)
local time = redis.call('TIME')
local now = math.max(time[1] * 1000000 + time[2], (tonumber(string.sub(floor, 1, 17)) or 0) + 1)
local told = {reply, redis.call('PEXPIRETIME', KEYS[1])}
for i = 6, 2 + skip do
  local last = redis.call('HGET', versions, '=' .. ARGV[i])
  local at = last and tonumber(string.sub(last, 1, 17)) or 0
  local version = string.format('%017.0f', math.max(now, at + 1)) .. '.' .. client
  -- Whether or not it is there: of a member that was removed this is the tombstone.
  redis.call('HSET', versions, '=' .. ARGV[i], version)
  told[#told + 1] = version
  told[#told + 1] = redis.call('ZSCORE', KEYS[1], ARGV[i]) or ''
end
redis.call('PEXPIRE', versions, ttl)
return told
