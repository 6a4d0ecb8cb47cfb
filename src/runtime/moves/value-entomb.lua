#!lua flags=allow-oom
-- Deletes on this side what was deleted on the other, unless something later is here, and remembers it.
-- KEYS[1] the value, [2] its stamp   ARGV[1] the stamp of the deletion, [2] for how long it is remembered, in ms
-- Returns {1, 1 where there was a value, 1 where anything of it was known} where it was deleted, {0, stamp} where something
-- later is here.
local record = redis.call('GET', KEYS[2]) or ''
local held = string.sub(record, 1, 53)
local before = redis.pcall('GET', KEYS[1])
if before and not (type(before) == 'string' and string.sub(record, 54)
  == ' ' .. redis.sha1hex(before) .. ' ' .. string.format('%.0f', redis.call('PEXPIRETIME', KEYS[1]))) then held = '' end
if held > ARGV[1] then return {0, held} end
local there = redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {1, there, (before or record ~= '') and 1 or 0}
