#!lua
-- Sliding window: two counters, the earlier weighted by how much of it the last `window` still covers (Cloudflare, "How
-- we built rate limiting capable of scaling to millions of domains", 2017). Windows begin at multiples of their length.
-- KEYS[1] the counters (start, current, previous), KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV[1] limit, [2] window in ms, [3] burst, [4] units, [5] TAKE or FORCE, which takes what is there and never denies
-- ARGV[6] the slowest limit that a call may choose
-- ARGV with a ladder: [7] remember in ms, [8] text of the block, then for each step violations and block in ms
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
    -- The server's clock was set back: without a new start these counts would last until it has caught up.
    if began > start then
      redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start))
      redis.call('PEXPIRE', KEYS[1], 2 * window - elapsed)
    end
  elseif began >= start - window then
    previous = tonumber(stored[2])
  end
elseif redis.call('EXISTS', KEYS[1]) == 1 then
  return {-1, ''}
end
local allowed, violations = 0, -1
local to = current + units
if ARGV[5] == 'FORCE' then to = math.max(current, math.min(to, limit)) end
-- previous * (rest of the window) / window + to <= limit, without the division.
if ARGV[5] == 'FORCE' or (not blocked and previous * (window - elapsed) <= (limit - to) * window) then
  allowed = 1
  current = to
  redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start), 'current', current, 'previous', previous)
  redis.call('PEXPIRE', KEYS[1], 2 * window - elapsed)
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
local reply = {allowed, current, previous, start, elapsed}
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
