#!lua flags=no-writes
-- A read of the new sorted set, if it has been filled.
-- KEYS: those of the operation, then the versions   ARGV: as every frame's; no arguments of its own
-- Returns {1, reply}, or {0} where it has not.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local own, rest = {}, {}
for i = 1, count do own[i] = KEYS[i] end
for i = 3 + skip, #ARGV do rest[i - 2 - skip] = ARGV[i] end
local function operation(KEYS, ARGV) end
if redis.call('HGET', KEYS[#KEYS], 'filled') ~= 'filled' then return {0} end
local reply = operation(own, rest)
if reply == nil then reply = false end
return {1, reply}
