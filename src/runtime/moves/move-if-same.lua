#!lua flags=allow-oom
-- Takes a value out, if it is still the one that was seen at the twin.
-- KEYS: those of the operation, which takes the first   ARGV: as every frame's; [1] the value
-- Returns what the operation does, nil where the value is another.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local own, rest, frame = {unpack(KEYS, 1, count)}, {unpack(ARGV, 3 + skip)}, {unpack(ARGV, 3, 2 + skip)}
local function operation(KEYS, ARGV) end
if redis.call('GET', KEYS[1]) ~= frame[1] then return false end
return operation(own, rest)
