#!lua flags=no-writes
-- A read of the new key of a family that moves: whether it was deleted there is told beside the answer.
-- KEYS: those of the operation, then the stamp   ARGV: as every frame's; no arguments of its own
-- Returns {1, reply} where the key is there or has been deleted, {0, reply} where it was never there.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local own, rest, frame = {unpack(KEYS, 1, count)}, {unpack(ARGV, 3 + skip)}, {unpack(ARGV, 3, 2 + skip)}
local stamp = KEYS[count + 1]
local function operation(KEYS, ARGV) end
local known = redis.call('EXISTS', KEYS[1], stamp) > 0
return {known and 1 or 0, operation(own, rest)}
