#!lua flags=allow-oom
-- Fixed window: gives units back, never above the whole limit. A refund only where the window is still the one that the
-- units were taken from, known by its end: two windows of one key never end together.
-- KEYS[1] the counter, KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV[1] limit, [2] window in ms, [3] burst, [4] units, [5] for a refund the window's end of the taking, else empty
-- ARGV[6] the slowest limit that a call may choose
-- Returns [1, count, its PTTL, its end in ms since 1970]
--         and [violations or -1, block's PTTL, block's end, block's text] where there is a block or a violation;
--         {-1, which} where what is stored is no such state; nothing is changed then.
local blocked = redis.call('GET', KEYS[2])
local stored = redis.call('GET', KEYS[1])
local limit, window, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local count, left = 0, 0
if stored then
  if #stored > 15 or not (stored == '0' or string.find(stored, '^-?[1-9]%d*$')) then return {-1, ''} end
  count = tonumber(stored)
  left = redis.call('PTTL', KEYS[1])
  if left == -1 or left > window then
    -- A counter that lost its TTL would deny for ever, and a window that was shortened applies at once.
    redis.call('PEXPIRE', KEYS[1], window)
    left = window
  end
end
local ends = redis.call('PEXPIRETIME', KEYS[1])
if count > 0 and (ARGV[5] == '' or tonumber(ARGV[5]) == ends) then
  count = redis.call('DECRBY', KEYS[1], math.min(units, count))
end
local violations = -1
local reply = {1, count, left, ends}
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
