#!lua flags=allow-oom
-- What a fill finds at the old key of a value. What has no stamp, or was changed by somebody who knows none, is given
-- one; neither it nor its deadline changes.
-- KEYS[1] the value, [2] its stamp
-- ARGV[1] the client, [2] for how long a stamp stays where there is no deadline, in ms, [3] the stamp at the new key, or empty
-- Returns {0} where there is nothing and nothing is known, {1, stamp, deadline, value}, {2, stamp} where it was deleted.
local never = '99999999999999999.ffffffff'
local record = redis.call('GET', KEYS[2]) or ''
local held = string.sub(record, 1, 53)
local value = redis.call('GET', KEYS[1])
if not value then
  if held == '' then return {0} end
  -- Also where the key has gone before its stamp: somebody who knows none has deleted it.
  return {2, string.sub(held, 1, 27) .. never}
end
local ends = string.format('%.0f', redis.call('PEXPIRETIME', KEYS[1]))
local seal = ' ' .. redis.sha1hex(value) .. ' ' .. ends
if string.sub(record, 54) ~= seal then
  local time = redis.call('TIME')
  local at = time[1] * 1000000 + time[2]
  for _, known in ipairs({held, ARGV[3]}) do at = math.max(at, (tonumber(string.sub(known, 1, 17)) or 0) + 1) end
  local birth = string.format('%017.0f.', at) .. ARGV[1]
  held = birth .. ' ' .. birth
  if ends == '-1' then
    redis.call('SET', KEYS[2], held .. seal, 'PX', ARGV[2])
  else
    redis.call('SET', KEYS[2], held .. seal, 'PXAT', ends)
  end
end
return {1, held, ends, value}
