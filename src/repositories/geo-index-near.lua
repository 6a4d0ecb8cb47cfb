#!lua flags=no-writes
-- Searches an index from a member, or without the members that have ended by the server's clock.
-- KEYS[1] the index, KEYS[2] when each member ends (families whose members expire)
-- ARGV[1] at most so many, 0 for all, ARGV[2] the member that is searched from, else empty, ARGV[3…] GEOSEARCH's arguments
-- Returns what GEOSEARCH returns; nothing where the member is absent or has ended.
local limit, from = tonumber(ARGV[1]), ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function ended(member)
  local ends = KEYS[2] and tonumber(redis.call('ZSCORE', KEYS[2], member))
  return ends and ends <= now
end
if from ~= '' and (not redis.call('ZSCORE', KEYS[1], from) or ended(from)) then return {} end
local search = {'GEOSEARCH', KEYS[1], unpack(ARGV, 3)}
if limit > 0 then
  -- Every ended member may be nearer than those that are asked for.
  local most = limit + (KEYS[2] and redis.call('ZCOUNT', KEYS[2], '-inf', now) or 0)
  search[#search + 1] = 'COUNT'
  search[#search + 1] = most
end
local found = redis.call(unpack(search))
if not KEYS[2] then return found end
local here = {}
for _, each in ipairs(found) do
  if not ended(each[1]) then
    here[#here + 1] = each
    if #here == limit then break end
  end
end
return here
