#!lua
-- Token bucket (RFC 2697, section 3; Turner 1986): it holds `burst` tokens and gains `limit` in a window. Stored are
-- the tokens and when they were counted, in µs since 1970.
-- KEYS[1] the bucket (tokens, at), KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV[1] limit, [2] window in ms, [3] burst, [4] units, [5] TAKE or FORCE, which takes what is there and never denies
-- ARGV[6] the slowest limit that a call may choose
-- ARGV with a ladder: [7] remember in ms, [8] text of the block, then for each step violations and block in ms
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
  -- The server's clock was set back: without a new time the bucket would not refill until it has caught up.
  if tonumber(at) > now then redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now)) end
elseif redis.call('EXISTS', KEYS[1]) == 1 then
  return {-1, ''}
end
local allowed, violations = 0, -1
-- The millionth of a token is for the rounding of a decimal fraction.
if ARGV[5] == 'FORCE' or (not blocked and tokens + 0.000001 >= units) then
  allowed = 1
  tokens = math.max(0, tokens - units)
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.max(1, math.ceil((burst - tokens) / perMicrosecond / 1000 - 0.000001)))
elseif not blocked and KEYS[3] then
  -- A denial counts as a violation; the highest step that it reaches writes the block.
  local before = redis.call('GET', KEYS[3])
  if before and (#before > 15 or not (before == '0' or string.find(before, '^[1-9]%d*$'))) then return {-1, 'violations'} end
  violations = redis.call('INCR', KEYS[3])
  redis.call('PEXPIRE', KEYS[3], ARGV[7])
  for i = #ARGV - 1, 9, -2 do
    if violations >= tonumber(ARGV[i]) then
      blocked = ARGV[8]
      redis.call('SET', KEYS[2], blocked, 'PX', ARGV[i + 1])
      break
    end
  end
end
local reply = {allowed, string.format('%.9f', tokens), now}
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
