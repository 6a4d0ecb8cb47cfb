#!lua flags=allow-oom
-- Takes the token that the pointer names out, and the pointer with it.
-- KEYS[1] the token, [2] the pointer   ARGV[1] the token's text, [2] the version of the schema, four digits, or none
-- Returns the value, or nil where the pointer names another token, or none. What a newer version stored stays.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
local value = redis.call('GET', KEYS[1])
if ARGV[2] and value then
  local version = string.match(string.sub(value, 1, 70), '^{"kw":{"k":"%a","i":"%x+","n":"(%d%d%d%d)","x":"%d+"$')
  if version and version > ARGV[2] then return value end
end
redis.call('DEL', KEYS[1], KEYS[2])
return value
