#!lua flags=allow-oom
-- Takes the token that the pointer names out, and the pointer with it.
-- KEYS[1] the token, [2] the pointer   ARGV[1] the token's text
-- Returns the value, or nil where the pointer names another token, or none.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
local value = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
return value
