#!lua flags=allow-oom
-- Takes back what this client has stored, where it is still that.
-- KEYS[1] the value   ARGV[1] what was stored   Returns 1 where it was removed, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
