#!lua flags=no-writes
-- All members of the old sorted set, and those that were removed from it, with their versions.
-- KEYS[1] the sorted set, [2] its versions
-- Returns {deadline in ms since 1970, or a negative number, then for each member its name, its version, empty for none, and its score, empty
--         where it is not there}.
local told, known = {redis.call('PEXPIRETIME', KEYS[1])}, {}
local found = redis.call('HGETALL', KEYS[2])
for i = 1, #found, 2 do
  if string.sub(found[i], 1, 1) == '=' then known[string.sub(found[i], 2)] = found[i + 1] end
end
local members = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  told[#told + 1] = members[i]
  told[#told + 1] = known[members[i]] or ''
  told[#told + 1] = members[i + 1]
  known[members[i]] = nil
end
for member, version in pairs(known) do
  told[#told + 1] = member
  told[#told + 1] = version
  told[#told + 1] = ''
end
return told
