#!lua flags=allow-oom
-- Takes sessions that have ended out of their owner's index. One that was entered lately stays: it may be about to be
-- created. One that was entered again since it was read stays too.
-- KEYS[1] the index   ARGV[1] maximum in ms, [2] what counts as lately, in ms, then for each session its key and score
-- Returns how many were taken out.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pruned = 0
for i = 3, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) == tonumber(ARGV[i + 1]) and now - (score - ARGV[1]) > tonumber(ARGV[2]) then
    pruned = pruned + redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return pruned
