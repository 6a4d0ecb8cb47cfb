#!lua
-- Asks to fill an absent list, before the load begins.
-- KEYS[1] the list, KEYS[2] the fill token   ARGV[1] token, ARGV[2] for how long it stands in ms, ARGV[3] how many items
-- Returns {1, …items} where the list has come into being, {0} where the load may fill it, {-1} where another load does.
local items = redis.call('LRANGE', KEYS[1], -ARGV[3], -1)
if #items > 0 then
  table.insert(items, 1, 1)
  return items
end
return {redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) and 0 or -1}
