#!lua flags=allow-oom
-- A member leaves a place, on one device or on all.
-- KEYS[1] the place, KEYS[2] its devices   ARGV[1] member, ARGV[2] grace in ms, ARGV[3] the device; left out: all of them
-- Returns 1 where the member was present and no longer is, else 0.
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[2]
local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
if ARGV[3] then
  local known = redis.call('HGET', KEYS[2], ARGV[1])
  local devices = known and cjson.decode(known) or {}
  if not devices[ARGV[3]] then return 0 end
  devices[ARGV[3]] = nil
  local last
  for device, at in pairs(devices) do
    if at < oldest then
      devices[device] = nil
    elseif not last or at > last then
      last = at
    end
  end
  if last then
    -- Present until the last of the others has missed its heartbeats.
    redis.call('ZADD', KEYS[1], 'XX', last, ARGV[1])
    redis.call('HSET', KEYS[2], ARGV[1], cjson.encode(devices))
    return 0
  end
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return (seen and seen >= oldest) and 1 or 0
