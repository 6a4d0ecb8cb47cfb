#!lua
-- A write of a key whose twin is to expire in the same moment.
-- KEYS: those of the operation   ARGV: as every frame's; no arguments of its own
-- Returns {when the first key expires, in ms since 1970, -1 without a TTL, -2 where there is none, reply}.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local own, rest = {unpack(KEYS, 1, count)}, {unpack(ARGV, 3 + skip)}
local function operation(KEYS, ARGV) end
local reply = operation(own, rest)
return {redis.call('PEXPIRETIME', KEYS[1]), reply}
