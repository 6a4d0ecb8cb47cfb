#!lua
-- An operation on the old keys of a place, unless they are sealed.
-- KEYS: those of the operation, then all old keys of the place where their absence is asked for, then the seal
-- ARGV: as every frame's; its own: TTL of the seal in ms, empty for a read, which writes nothing
-- Returns {0, reply} where it ran; where it did not: {1} the seal holds the state, {2} the new keys have it, {3} there is
--         no old key and no seal.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local seal, ttl, own, rest = KEYS[#KEYS], ARGV[3], {}, {}
for i = 1, count do own[i] = KEYS[i] end
for i = 3 + skip, #ARGV do rest[i - 2 - skip] = ARGV[i] end
local function operation(KEYS, ARGV) end
local kind = redis.call('GETRANGE', seal, 0, 0)
if kind == 's' then return {1} end
if kind ~= '' then
  -- Whoever sealed what was absent may not take the seal away any more: this change relies on it.
  if ttl ~= '' then redis.call('SET', seal, 'a', 'PX', ttl) end
  return {2}
end
if #KEYS > count + 1 and redis.call('EXISTS', unpack(KEYS, count + 1)) == 0 then return {3} end
local reply = operation(own, rest)
if reply == nil then reply = false end
return {0, reply}
