#!lua flags=allow-oom
-- The seal of a place gives up what it need not keep.
-- KEYS[1] the seal   ARGV[1] TTL of the seal in ms, ARGV[2] empty: the state has gone over; else who sealed what was absent, and
-- left nothing at the new keys: the seal goes, unless somebody else has passed it
if ARGV[2] ~= '' then
  if redis.call('GET', KEYS[1]) == 'e' .. ARGV[2] then redis.call('DEL', KEYS[1]) end
elseif redis.call('GETRANGE', KEYS[1], 0, 0) == 's' then
  redis.call('SET', KEYS[1], 'a', 'PX', ARGV[1])
end
return 1
