#!lua flags=allow-oom
-- GCRA: gives units back, never more than is owed. What was taken is forgotten when its theoretical arrival time has
-- come, and was perhaps forgotten in part before; so a refund gives at most what is left until then. More could credit
-- units that were taken later.
-- KEYS[1] the theoretical arrival time, KEYS[2] the block, KEYS[3] the violations (families with a ladder)
-- ARGV[1] limit, [2] window in ms, [3] burst, [4] units, [5] for a refund the stored time of the taking, else empty
-- ARGV[6] the slowest limit that a call may choose
-- Returns [1 or 0 taken, ms until nothing is owed, the stored time]
--         and [violations or -1, block's PTTL, block's end, block's text] where there is a block or a violation;
--         {-1, which} where what is stored is no such state; nothing is changed then.
local blocked = redis.call('GET', KEYS[2])
local limit, window, burst, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now, part = time[1] * 1000 + math.floor(time[2] / 1000), time[2] % 1000 / 1000
-- Whole milliseconds and their fraction apart: a double holds both together only to a quarter of a microsecond.
local function away(text)
  local whole, fraction = string.match(text, '^(%d+)(%.?%d*)$')
  if not whole or #whole > 15 then return nil end
  return tonumber(whole) - now + (tonumber('0' .. fraction) - part)
end
local interval = window / limit
-- Calls of another limit share the debt: only more than the slowest of them can owe is no debt.
local most = burst * window / tonumber(ARGV[6])
local stored = redis.call('GET', KEYS[1])
local debt, arrival = 0, ''
local function owe(ms)
  debt = ms
  local at = part + ms
  local whole, fraction = math.floor(at), string.format('%.9f', at % 1)
  if string.sub(fraction, 1, 1) == '1' then whole = whole + 1 end
  arrival = string.format('%.0f', now + whole) .. string.sub(fraction, 2)
  redis.call('SET', KEYS[1], arrival, 'PX', math.max(1, math.min(math.ceil(at), math.ceil(most))))
end
if stored then
  local left = away(stored)
  if not left then return {-1, ''} end
  debt = math.min(math.max(left, 0), most)
end
local given = units * interval
if ARGV[5] ~= '' then given = math.max(0, math.min(given, away(ARGV[5]))) end
local violations = -1
if debt > 0 and debt <= given + interval / 1000000 then
  debt = 0
  redis.call('DEL', KEYS[1])
elseif debt > 0 and given > 0 then
  owe(debt - given)
end
local reply = {1, string.format('%.9f', debt), arrival}
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
