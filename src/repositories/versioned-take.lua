#!lua flags=allow-oom
-- GETDEL of a value with a version, which leaves what a newer version of the schema stored in its place.
-- KEYS[1] the value   ARGV[1] the version of the schema, four digits
-- Returns the value or nil; one of a newer version too, which stays.
local text = redis.call('GET', KEYS[1])
if not text then return false end
local version = string.match(string.sub(text, 1, 70), '^{"kw":{"k":"%a","i":"%x+","n":"(%d%d%d%d)","x":"%d+"$')
if not version or version <= ARGV[1] then redis.call('DEL', KEYS[1]) end
return text
