#!lua
-- A member of a place was seen now, on one of its devices.
-- KEYS[1] the place, a ZSET of its members by when they were last seen on any device, in ms of the server's clock
-- KEYS[2] its devices, a HASH: of each member a JSON object of device to when it was last seen
-- ARGV[1] member, ARGV[2] device, '' for one without a name, ARGV[3] grace in ms, ARGV[4] TTL of both keys in ms
-- Returns 1 where the member was not present before, else 0; {-1} where what is stored are no devices. Nothing is changed then.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Later than any clock could have told is as stale as long ago: another program's, or of a clock that was set back since.
local oldest, newest = now - ARGV[3], now + ARGV[3]
local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
local present = seen and seen >= oldest and seen <= newest
local known = redis.call('HGET', KEYS[2], ARGV[1])
local devices = {}
if known then
  local decoded, stored = pcall(cjson.decode, known)
  if not decoded or type(stored) ~= 'table' or not string.find(known, '^%s*{') then return {-1} end
  for device, at in pairs(stored) do
    if type(at) ~= 'number' then return {-1} end
    if at >= oldest and at <= newest then devices[device] = at end
  end
elseif present then
  -- A program that knows no devices has reported this member.
  devices[''] = seen
end
devices[ARGV[2]] = now
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], cjson.encode(devices))
-- Members who have gone without leaving: a bounded number a call, so that no heartbeat pays for a whole crowd.
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. oldest, 'LIMIT', 0, 100)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. newest, '+inf', 'LIMIT', 0, 100 - #gone)) do
  gone[#gone + 1] = member
end
if #gone > 0 then
  redis.call('ZREM', KEYS[1], unpack(gone))
  redis.call('HDEL', KEYS[2], unpack(gone))
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return present and 0 or 1
