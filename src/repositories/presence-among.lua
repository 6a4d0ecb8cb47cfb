#!lua flags=no-writes
-- Which of the given members are present in a place, by the server's clock.
-- KEYS[1] the place   ARGV[1] grace in ms, ARGV[2…] members
-- Returns 1 or 0 for each member, in their order.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Later than any clock could have told is as stale as long ago: another program's, or of a clock that was set back since.
local oldest, newest = now - ARGV[1], now + ARGV[1]
local present = {}
for i = 2, #ARGV do
  local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]))
  present[i - 1] = (seen and seen >= oldest and seen <= newest) and 1 or 0
end
return present
