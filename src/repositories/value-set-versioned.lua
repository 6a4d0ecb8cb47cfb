#!lua
-- SET of a value with a version, which leaves what a newer version of the schema stored as it is.
-- KEYS[1] the value   ARGV[1] the envelope, ARGV[2] TTL in ms, 0 for none, ARGV[3] XX where only a present key may change,
-- ARGV[4] KEEP to keep a deadline that the key has
-- Returns 1 where it was stored, 0 where the key is absent, -3 where a newer version is there.
local head = redis.call('GETRANGE', KEYS[1], 0, 69)
local version = string.match(head, '^{"kw":{"k":"%a","i":"%x+","n":"(%d%d%d%d)","x":"%d+"$')
if version and version > string.sub(ARGV[1], 44, 47) then return -3 end
if ARGV[3] == 'XX' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[4] == 'KEEP' and redis.call('PTTL', KEYS[1]) >= 0 then
  redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
elseif ARGV[2] == '0' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
