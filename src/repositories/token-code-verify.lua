#!lua flags=allow-oom
-- Holds what was presented against a code. The attempt is counted before they are compared, so what cannot be counted
-- cannot be guessed.
-- KEYS[1] the code, [2] the failed attempts
-- ARGV[1] what was presented, empty for what can be no code, [2] how many attempts there are, [3] for how long failures
-- are remembered, in ms, [4] how long a code can live, in ms
-- Returns {1} where it is the code, {0} where there is none, {-1, attempts left} where it is another, {-2} where that was
--         the last attempt. Code and attempts are gone then, as after success.
local code = redis.call('GET', KEYS[1])
if not code then return {0} end
local attempt = redis.call('INCR', KEYS[2])
local most = tonumber(ARGV[2])
if attempt <= most and ARGV[1] ~= '' and code == ARGV[1] then
  redis.call('DEL', KEYS[1], KEYS[2])
  return {1}
end
if attempt >= most then
  redis.call('DEL', KEYS[1], KEYS[2])
  return {-2}
end
-- A code that lost its TTL would outlive its failures, and be guessed in the end.
local lost = redis.call('PTTL', KEYS[1]) < 0
if lost then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
if lost or redis.call('PTTL', KEYS[2]) < 0 then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
return {-1, most - attempt}
