#!lua flags=allow-oom
-- Sliding window: gives units back, to this window first. A refund goes to the very window that the units were taken
-- from, be it this one or by now the one before.
-- KEYS[1] the counters (start, current, previous), KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV[1] limit, [2] window in ms, [3] burst, [4] units, [5] for a refund the start of the window of the taking, else empty
-- ARGV[6] the slowest limit that a call may choose
-- Returns [1 or 0 taken, units of this window, units of the one before, this window's start in ms since 1970, ms since]
--         and [violations or -1, block's PTTL, block's end, block's text] where there is a block or a violation;
--         {-1, which} where what is stored is no such state; nothing is changed then.
local blocked = redis.call('GET', KEYS[2])
local limit, window, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local start = now - now % window
local elapsed = now - start
local stored = redis.call('HMGET', KEYS[1], 'start', 'current', 'previous')
local current, previous = 0, 0
if stored[1] then
  for i = 1, 3 do
    if not stored[i] or #stored[i] > 15 or not string.find(stored[i], '^%d+$') then return {-1, ''} end
  end
  local began = tonumber(stored[1])
  if began >= start then
    current, previous = tonumber(stored[2]), tonumber(stored[3])
  elseif began >= start - window then
    previous = tonumber(stored[2])
  end
elseif redis.call('EXISTS', KEYS[1]) == 1 then
  return {-1, ''}
end
local of = tonumber(ARGV[5])
local fromCurrent, fromPrevious = 0, 0
if not of or of == start then fromCurrent = math.min(units, current) end
if not of then
  fromPrevious = math.min(units - fromCurrent, previous)
elseif of == start - window then
  fromPrevious = math.min(units, previous)
end
if fromCurrent + fromPrevious > 0 then
  current, previous = current - fromCurrent, previous - fromPrevious
  redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start), 'current', current, 'previous', previous)
  redis.call('PEXPIRE', KEYS[1], 2 * window - elapsed)
end
local violations = -1
local reply = {1, current, previous, start, elapsed}
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
