#!lua flags=allow-oom
-- A member leaves a place, on one device or on all.
-- KEYS[1] the place, KEYS[2] its devices   ARGV[1] member, ARGV[2] grace in ms, ARGV[3] the device; left out: all of them
-- Returns 1 where the member was present and no longer is, else 0; {-1} where what is stored are no devices. Nothing is
-- changed then.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Later than any clock could have told is as stale as long ago: another program's, or of a clock that was set back since.
local oldest, newest = now - ARGV[2], now + ARGV[2]
local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
if ARGV[3] then
  local known = redis.call('HGET', KEYS[2], ARGV[1])
  if not known then return 0 end
  local decoded, stored = pcall(cjson.decode, known)
  if not decoded or type(stored) ~= 'table' or not string.find(known, '^%s*{') then return {-1} end
  local devices, last = {}, nil
  for device, at in pairs(stored) do
    if type(at) ~= 'number' then return {-1} end
    if device ~= ARGV[3] and at >= oldest and at <= newest then
      devices[device] = at
      last = math.max(last or at, at)
    end
  end
  if not stored[ARGV[3]] then return 0 end
  if last then
    -- Present until the last of the others has missed its heartbeats. XX: a leave never makes a place, which had no TTL.
    redis.call('ZADD', KEYS[1], 'XX', last, ARGV[1])
    redis.call('HSET', KEYS[2], ARGV[1], cjson.encode(devices))
    return 0
  end
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return (seen and seen >= oldest and seen <= newest) and 1 or 0
