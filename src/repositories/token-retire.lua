#!lua flags=allow-oom
-- Removes a token that still stands for what it was read to stand for.
-- KEYS[1] the token   ARGV[1] the value
-- Returns 1 where it was removed, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
