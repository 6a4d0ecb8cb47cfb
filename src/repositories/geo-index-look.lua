#!lua flags=no-writes
-- Where a member is, or how far two are apart, unless one has ended by the server's clock.
-- KEYS[1] the index, KEYS[2] when each member ends   ARGV[1] a unit for a distance, else empty, ARGV[2…] one member or two
-- Returns what GEOPOS or GEODIST returns; false where a member is absent or has ended.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 2, #ARGV do
  local ends = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[i]))
  if ends and ends <= now then return false end
end
if ARGV[1] == '' then return redis.call('GEOPOS', KEYS[1], ARGV[2]) end
return redis.call('GEODIST', KEYS[1], ARGV[2], ARGV[3], ARGV[1])
