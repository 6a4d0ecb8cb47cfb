#!lua
-- Gives what a token stands for to another token of the same slot, with the same deadline, and removes the first. With
-- a pointer only the one that it names.
-- KEYS[1] the token, [2] the new token, [3] the pointer
-- ARGV[1] TTL in ms of a token that lost its own, [2] the token's text, [3] the new token's text
-- Returns 1, 0 where there is no such token, -1 where the new one is taken; nothing is changed then.
if KEYS[3] and redis.call('GET', KEYS[3]) ~= ARGV[2] then return 0 end
local value = redis.call('GET', KEYS[1])
if not value then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then return -1 end
local deadline = redis.call('PEXPIRETIME', KEYS[1])
if deadline < 0 then
  local time = redis.call('TIME')
  deadline = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
end
deadline = string.format('%.0f', deadline)
redis.call('SET', KEYS[2], value, 'PXAT', deadline)
if KEYS[3] then redis.call('SET', KEYS[3], ARGV[3], 'PXAT', deadline) end
redis.call('DEL', KEYS[1])
return 1
