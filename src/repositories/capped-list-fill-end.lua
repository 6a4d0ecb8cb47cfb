#!lua
-- Fills a list with what was loaded, if the load's token still stands: no push and no clear came between.
-- KEYS[1] the list, KEYS[2] the fill token
-- ARGV[1] token, ARGV[2] TTL in ms, 0 for none, ARGV[3…] items, the newest last; none where nothing was loaded
-- Returns 1 where the list was filled, else 0.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if #ARGV < 3 or redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for first = 3, #ARGV, 1000 do
  redis.call('RPUSH', KEYS[1], unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
