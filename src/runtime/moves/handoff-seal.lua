#!lua flags=allow-oom
-- Seals the old keys of a place: what they held is in the seal until the new keys have it. It stores no more than it removes.
-- KEYS: all old keys of the place, then the seal   ARGV[1] TTL of the seal in ms, ARGV[2] who asks, and for which operation
-- Returns {0} where the state has gone over, {1, state} where the seal holds it, {2} where there was none, and nobody else
--         has passed the seal.
-- The seal is `a` where the state has gone over, `s` and the state, or `e` and who asked where there was none.
local seal = KEYS[#KEYS]
local kind = redis.call('GETRANGE', seal, 0, 0)
if kind == 's' then return {1, redis.call('GETRANGE', seal, 1, -1)} end
if kind == 'e' and redis.call('GET', seal) == 'e' .. ARGV[2] then return {2} end
if kind ~= '' then
  redis.call('SET', seal, 'a', 'PX', ARGV[1])
  return {0}
end
local state, lasts, last = {}, false, 0
for i = 1, #KEYS - 1 do
  local dump = redis.call('DUMP', KEYS[i])
  if dump then
    local deadline = redis.call('PEXPIRETIME', KEYS[i])
    if deadline < 0 then lasts = true end
    last = math.max(last, deadline)
    state[#state + 1] = {i, dump, string.format('%.0f', math.max(deadline, 0))}
  end
end
if #state == 0 then
  redis.call('SET', seal, 'e' .. ARGV[2], 'PX', ARGV[1])
  return {2}
end
local packed = cmsgpack.pack(state)
redis.call('UNLINK', unpack(KEYS, 1, #KEYS - 1))
redis.call('SET', seal, 's' .. packed)
if not lasts then
  -- A state that has no TTL stays until it has gone over.
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('PEXPIREAT', seal, string.format('%.0f', math.max(last, now + tonumber(ARGV[1]))))
end
return {1, packed}
