#!lua
-- Appends items, trims to the cap and sets the TTL in one step.
-- KEYS[1] the list, KEYS[2] the fill token of a whole history
-- ARGV[1] cap, ARGV[2] TTL in ms, 0 for none, ARGV[3…] items, the newest last
-- Returns 1 where they are in the list; 0 where a whole history is absent, and nothing was stored.
local whole = KEYS[2] ~= nil
local length = redis.call('LLEN', KEYS[1])
if whole then
  -- A load that is under way may not have seen these items: it must not fill the list any more.
  redis.call('DEL', KEYS[2])
  if length == 0 then return 0 end
end
for i = 3, #ARGV do
  -- A load may have brought the item already, between the database's commit and this push.
  if not whole or not redis.call('LPOS', KEYS[1], ARGV[i], 'RANK', -1) then redis.call('RPUSH', KEYS[1], ARGV[i]) end
end
redis.call('LTRIM', KEYS[1], -ARGV[1], -1)
if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
