#!lua
-- SET of a cached value with a version. What a newer version of the schema stored is out of date then, but not replaced by an
-- older one: it is removed, and loaded anew.
-- KEYS[1] the entry   ARGV[1] the envelope, ARGV[2] TTL in ms
-- Returns 1 where it was stored, 0 where the key was removed instead.
local head = redis.call('GETRANGE', KEYS[1], 0, 69)
local version = string.match(head, '^{"kw":{"k":"%a","i":"%x+","n":"(%d%d%d%d)","x":"%d+"$')
if version and version > string.sub(ARGV[1], 44, 47) then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
