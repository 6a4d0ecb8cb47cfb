#!lua flags=no-writes
-- A token and when it expires.
-- KEYS[1] the token
-- Returns nil, or {value, ms since 1970, or -1 where the TTL was lost}.
local value = redis.call('GET', KEYS[1])
if not value then return false end
return {value, redis.call('PEXPIRETIME', KEYS[1])}
