#!lua
-- Members as they are at the old key, where the new one has them in no later version.
-- KEYS[1] the new sorted set, [2] its versions and its mark
-- ARGV[1] TTL of the versions in ms, [2] deadline of the old set in ms since 1970, or a negative number, [3] `marked`: only where a
-- fill has begun; `fill`: the mark that it has ended is set; empty; [4…] for each member its name, its version, empty for none, and its score, empty
-- where it is not there
-- Returns {1 where no fill has begun, else 0, how many came or went, the latest version that was later, or empty}.
if ARGV[3] == 'marked' and redis.call('HEXISTS', KEYS[2], 'filled') == 0 then return {1, 0, ''} end
local changed, lost = 0, ''
for i = 4, #ARGV, 3 do
  local member, version, score = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local mine = redis.call('HGET', KEYS[2], '=' .. member) or ''
  if mine > version then
    if mine > lost then lost = mine end
  elseif mine < version or version == '' then
    if score == '' then
      changed = changed + redis.call('ZREM', KEYS[1], member)
    else
      changed = changed + redis.call('ZADD', KEYS[1], score, member)
    end
    if version ~= '' then redis.call('HSET', KEYS[2], '=' .. member, version) end
  end
end
local deadline = tonumber(ARGV[2])
if deadline > redis.call('PEXPIRETIME', KEYS[1]) then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
if ARGV[3] == 'fill' then redis.call('HSET', KEYS[2], 'filled', 'filled') end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return {0, changed, lost}
