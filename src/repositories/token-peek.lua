#!lua flags=no-writes
-- Reads the token that the pointer names.
-- KEYS[1] the token, [2] the pointer   ARGV[1] the token's text
-- Returns the value, or nil where the pointer names another token, or none.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
return redis.call('GET', KEYS[1])
