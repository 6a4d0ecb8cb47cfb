#!lua flags=allow-oom
-- Removes sessions that are still what the caller took them for.
-- KEYS sessions of one slot
-- ARGV[1] the owner's digest, or empty for any, [2] the id of the last write, or empty for any
-- Returns for each key 1 where it was removed, 0 where there is none, -1 where it is another's, or was written since.
local reply = {}
for i, key in ipairs(KEYS) do
  local head = redis.pcall('GETRANGE', key, 0, 99)
  if type(head) ~= 'string' then
    reply[i] = -1
  elseif head == '' then
    reply[i] = -redis.call('EXISTS', key)
  elseif ARGV[1] ~= '' and string.match(head, '^,"o":"(%x+)"', 71) ~= ARGV[1] then
    reply[i] = -1
  elseif ARGV[2] ~= '' and string.sub(head, 21, 36) ~= ARGV[2] then
    reply[i] = -1
  else
    reply[i] = redis.call('DEL', key)
  end
end
return reply
