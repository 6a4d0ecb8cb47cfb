#!lua
-- Replaces an entry that reads as a miss, where it is still exactly what was seen.
-- KEYS[1] the entry   ARGV[1] what was seen, ARGV[2] what to store, ARGV[3] TTL in ms
-- Returns 1 where it was replaced, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
