#!lua
-- A change of one side of a value that moves, and the stamp of how late it is: of its birth (the write that put it there)
-- and of its last change, each microseconds of this node and the client.
-- KEYS: the value, then its stamp   ARGV: as every frame's; of its own [1] set, touch or delete, [2] the client,
-- [3] for how long a stamp stays where there is no deadline, in ms, [4] the stamp that the operation has left here and
-- [5] the one that was later on the other side, both empty the first time
-- Returns {0, reply} where nothing was changed, {1, reply, stamp, deadline, value, 1 where it was born now},
-- {2, reply, stamp} where it was deleted, {3} where what is here now is another's who cares for it.
local count, skip = tonumber(ARGV[1]), tonumber(ARGV[2])
local own, rest, frame = {unpack(KEYS, 1, count)}, {unpack(ARGV, 3 + skip)}, {unpack(ARGV, 3, 2 + skip)}
local key, stamp = KEYS[1], KEYS[count + 1]
local mode, client, markTtl, mine, floor = unpack(frame)
local never = '99999999999999999.ffffffff'
local function operation(KEYS, ARGV) end
local function deadline() return string.format('%.0f', redis.call('PEXPIRETIME', key)) end
-- Later than now, and than each of two times that are known.
local function mint(a, b)
  local time = redis.call('TIME')
  local at = time[1] * 1000000 + time[2]
  at = math.max(at, (tonumber(string.sub(a, 1, 17)) or 0) + 1, (tonumber(string.sub(b, 1, 17)) or 0) + 1)
  return string.format('%017.0f.', at) .. client
end
local record = redis.call('GET', stamp) or ''
local held = string.sub(record, 1, 53)
local before = redis.pcall('GET', key)
-- Whoever knows no stamps leaves one that is of another value, or another deadline.
local valid = type(before) == 'string' and string.sub(record, 54) == ' ' .. redis.sha1hex(before) .. ' ' .. deadline()
local deleted = not before and string.sub(held, 28) == never
local stands = false
if mine ~= '' then
  stands = held == mine
  if not (valid or deleted) or (not stands and held >= floor) then return {3} end
end
local reply = false
if not stands then
  reply = operation(own, rest)
  local done = reply == 1 or type(reply) == 'string' or (type(reply) == 'table' and reply.ok ~= nil)
  if not done and mode ~= 'delete' then return {0, reply} end
end
if mode == 'delete' then
  held = mint(held, floor) .. ' ' .. never
  redis.call('SET', stamp, held, 'PX', markTtl)
  return {2, reply, held}
end
local kept = mode == 'touch' and valid
local change = mint(kept and string.sub(held, 28) or held, kept and string.sub(floor, 28) or floor)
held = (kept and string.sub(held, 1, 26) or change) .. ' ' .. change
local value, ends = redis.call('GET', key), deadline()
record = held .. ' ' .. redis.sha1hex(value) .. ' ' .. ends
if ends == '-1' then redis.call('SET', stamp, record, 'PX', markTtl) else redis.call('SET', stamp, record, 'PXAT', ends) end
return {1, reply, held, ends, value, kept and 0 or 1}
