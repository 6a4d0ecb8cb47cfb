#!lua
-- Fixed window: the counter of redis.io/commands/incr ("Pattern: rate limiter"), its INCRBY, the TTL of the first unit
-- and its PTTL in one step. The counter is what INCR and EXPIRE make, so other programs may count on it too.
-- KEYS[1] the counter, KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV[1] limit, [2] window in ms, [3] burst, [4] units, [5] TAKE or FORCE, which takes what is there and never denies
-- ARGV[6] the slowest limit that a call may choose
-- ARGV with a ladder: [7] remember in ms, [8] text of the block, then for each step violations and block in ms
-- Returns [1 or 0 taken, count, its PTTL, its end in ms since 1970]
--         and [violations or -1, block's PTTL, block's end, block's text] where there is a block or a violation;
--         {-1, which} where what is stored is no such state; nothing is changed then.
local blocked = redis.call('GET', KEYS[2])
local stored = redis.call('GET', KEYS[1])
local limit, window, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local count, left = 0, window
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
local allowed, violations = 0, -1
-- Another program's DECR may have left less than nothing.
local from = math.max(count, 0)
local to = from + units
if ARGV[5] == 'FORCE' then to = math.max(from, math.min(to, limit)) end
if ARGV[5] == 'FORCE' or (not blocked and to <= limit) then
  allowed = 1
  if stored then
    redis.call('INCRBY', KEYS[1], to - count)
  else
    redis.call('SET', KEYS[1], to, 'PX', window)
  end
  count = to
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
local reply = {allowed, count, left, redis.call('PEXPIRETIME', KEYS[1])}
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
