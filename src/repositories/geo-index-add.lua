#!lua
-- Adds members or moves them, with the TTL of the index and the end of each member in one step.
-- KEYS[1] the index, KEYS[2] when each member ends (families whose members expire)
-- ARGV[1] TTL in ms, 0 for none, ARGV[2] for how long a member is there in ms, ARGV[3…] longitude, latitude, member, …
-- Returns how many were not there before. The caller bounds the batch: unpack has room for some 8,000 values.
if KEYS[2] then redis.call('ZCARD', KEYS[2]) end -- another type ends it here, before anything is changed
local added = redis.call('GEOADD', KEYS[1], unpack(ARGV, 3))
if ARGV[1] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
if KEYS[2] then
  local time = redis.call('TIME')
  local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
  local scores = {}
  for i = 5, #ARGV, 3 do
    scores[#scores + 1] = ends
    scores[#scores + 1] = ARGV[i]
  end
  redis.call('ZADD', KEYS[2], unpack(scores))
  if ARGV[1] ~= '0' then redis.call('PEXPIRE', KEYS[2], ARGV[1]) end
end
return added
