#!lua flags=allow-oom
-- Takes back what was written to this side of a move, where it is still there.
-- KEYS[1] the value, [2] its stamp   ARGV[1] the stamp that it was given
-- Returns 1 where it was taken back, 0 where something else is here.
if string.sub(redis.call('GET', KEYS[2]) or '', 1, 53) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
return 1
