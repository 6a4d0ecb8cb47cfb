#!lua flags=no-writes
-- What is stored, and the server's time: the state of a limit is worked out from both by the reader, for any algorithm.
-- KEYS[1] the state, KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV the fields of a HASH; none for a STRING
-- Returns [seconds, microseconds, block's text or nil, its PTTL, its end, violations or nil, 1 where KEYS[1] exists,
--         its PTTL, then the STRING or the fields, nil where absent]
local time = redis.call('TIME')
local reply = {
  tonumber(time[1]),
  tonumber(time[2]),
  redis.call('GET', KEYS[2]),
  redis.call('PTTL', KEYS[2]),
  redis.call('PEXPIRETIME', KEYS[2]),
  KEYS[3] and redis.call('GET', KEYS[3]) or false,
  redis.call('EXISTS', KEYS[1]),
  redis.call('PTTL', KEYS[1]),
}
if #ARGV == 0 then
  reply[9] = redis.call('GET', KEYS[1])
else
  for i, field in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV))) do reply[8 + i] = field end
end
return reply
