#!lua
-- Brings what was written on the other side of a move over to this one, unless something later is here.
-- KEYS[1] the value, [2] its stamp
-- ARGV[1] the stamp, [2] the deadline in ms since 1970, -1 for none, [3] the value, [4] for how long a stamp stays where
-- there is no deadline, in ms, [5] SAME where nothing of another birth may be here, VALUE where another value of the same birth stays
-- Returns {1} where it was written, {2} where it is here already, {0, stamp} where something later is, or what may not be,
-- {0, stamp, 1} where another value of the same birth is.
local record = redis.call('GET', KEYS[2]) or ''
local held = string.sub(record, 1, 53)
local before = redis.pcall('GET', KEYS[1])
local valid = type(before) == 'string' and string.sub(record, 54)
  == ' ' .. redis.sha1hex(before) .. ' ' .. string.format('%.0f', redis.call('PEXPIRETIME', KEYS[1]))
-- What somebody without stamps has left on the side that follows counts for nothing.
if before and not valid then held = '' end
local same = valid and string.sub(held, 1, 26) == string.sub(ARGV[1], 1, 26)
-- A touch brings no value of its own: it must not undo a replacement that is on its way to the other side.
if same and string.find(ARGV[5], 'VALUE', 1, true) and before ~= ARGV[3] then return {0, held, 1} end
if held > ARGV[1] then return {0, held} end
if valid and held == ARGV[1] then return {2} end
-- Where nothing is known its TTL has run out while the change was on its way: a deletion would be remembered.
if string.find(ARGV[5], 'SAME', 1, true) and not same and (before or record ~= '') then return {0, held} end
record = ARGV[1] .. ' ' .. redis.sha1hex(ARGV[3]) .. ' ' .. ARGV[2]
if ARGV[2] == '-1' then
  redis.call('SET', KEYS[1], ARGV[3])
  redis.call('SET', KEYS[2], record, 'PX', ARGV[4])
else
  redis.call('SET', KEYS[1], ARGV[3], 'PXAT', ARGV[2])
  redis.call('SET', KEYS[2], record, 'PXAT', ARGV[2])
end
return {1}
