#!lua flags=allow-oom
-- Token bucket: gives tokens back, never above the burst. What was taken is forgotten when the bucket would have been
-- full again, and was perhaps forgotten in part before; so a refund gives at most what would refill until then. More
-- could credit tokens that were taken later.
-- KEYS[1] the bucket (tokens, at), KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV[1] limit, [2] window in ms, [3] burst, [4] units, [5] for a refund when the bucket was to be full after the taking,
-- in µs since 1970, else empty
-- ARGV[6] the slowest limit that a call may choose
-- Returns [1 or 0 taken, tokens in the bucket, now in µs since 1970]
--         and [violations or -1, block's PTTL, block's end, block's text] where there is a block or a violation;
--         {-1, which} where what is stored is no such state; nothing is changed then.
local blocked = redis.call('GET', KEYS[2])
local limit, window, burst, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local perMicrosecond = limit / (window * 1000)
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if stored[1] then
  local at = stored[2]
  if not at or #at > 17 or not string.find(at, '^%d+$') then return {-1, ''} end
  if #stored[1] > 25 or not string.find(stored[1], '^%d+%.?%d*$') then return {-1, ''} end
  tokens = math.min(burst, tonumber(stored[1]) + math.max(0, now - tonumber(at)) * perMicrosecond)
elseif redis.call('EXISTS', KEYS[1]) == 1 then
  return {-1, ''}
end
local given = units
if ARGV[5] ~= '' then given = math.max(0, math.min(given, (tonumber(ARGV[5]) - now) * perMicrosecond)) end
local violations = -1
if tokens < burst and tokens + given + 0.000001 >= burst then
  tokens = burst
  redis.call('DEL', KEYS[1])
elseif tokens < burst and given > 0 then
  tokens = tokens + given
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.max(1, math.ceil((burst - tokens) / perMicrosecond / 1000 - 0.000001)))
end
local reply = {1, string.format('%.9f', tokens), now}
-- What the caller learns of a block, and of violations where there is a ladder.
if blocked or violations >= 0 then
  local left = redis.call('PTTL', KEYS[2])
  if left == -1 then
    left = 31622400000 -- a block that has lost its TTL ends after 366 days
    redis.call('PEXPIRE', KEYS[2], left)
  end
  if violations < 0 and KEYS[3] then violations = math.max(0, tonumber(redis.call('GET', KEYS[3]) or 0) or 0) end
  for _, item in ipairs({violations, left, redis.call('PEXPIRETIME', KEYS[2]), blocked or ''}) do
    reply[#reply + 1] = item
  end
end
return reply
