#!lua flags=allow-oom
-- Removes a token, and the pointer where it names this one.
-- KEYS[1] the token, [2] the pointer   ARGV[1] the token's text
-- Returns 1 where it was the live one, else 0.
local live = redis.call('GET', KEYS[2]) == ARGV[1]
local removed = redis.call('DEL', KEYS[1])
if not live then return 0 end
redis.call('DEL', KEYS[2])
return removed
