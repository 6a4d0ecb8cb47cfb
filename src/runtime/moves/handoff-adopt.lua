#!lua
-- The new keys of a place take over the state of the old ones, unless they have done so, and then the operation runs.
-- KEYS: those of the operation, then all new keys of the place, then the mark of the take-over
-- ARGV: as every frame's; its own: TTL of the mark in ms, the state, empty where there was none
-- Returns {1 where the new keys or the mark are there afterwards, reply, 1 where the state was taken over}.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local ttl, state, mark, own, rest = ARGV[3], ARGV[4], KEYS[#KEYS], {}, {}
for i = 1, count do own[i] = KEYS[i] end
for i = 3 + skip, #ARGV do rest[i - 2 - skip] = ARGV[i] end
local function operation(KEYS, ARGV) end
local function there() return redis.call('EXISTS', unpack(KEYS, count + 1)) > 0 end
local taken = 0
if state ~= '' and redis.call('EXISTS', mark) == 0 then
  -- New keys without a mark have lost it, and are the later ones.
  if not there() then
    for _, each in ipairs(cmsgpack.unpack(state)) do
      -- A deadline that has passed creates nothing.
      local answer = redis.pcall('RESTORE', KEYS[count + each[1]], each[3], each[2], 'ABSTTL')
      if answer.err then
        redis.call('UNLINK', unpack(KEYS, count + 1, #KEYS - 1))
        return redis.error_reply(answer.err)
      end
    end
    taken = 1
  end
  redis.call('SET', mark, '1', 'PX', ttl)
end
local reply = operation(own, rest)
if reply == nil then reply = false end
return {there() and 1 or 0, reply, taken}
