#!lua flags=no-writes
-- What the keys of one side of a place hold, in a form that compares: by content, whatever their encoding is.
-- KEYS: the place's keys, then the key of its marks   ARGV[1] how many elements are read at most
-- Returns a list for each but the last: {type, deadline in ms as PEXPIRETIME gives it, elements, SHA-1 of the content};
-- the SHA-1 is empty where there are more elements. The last is of the mark: {'none'}, {'held'} where it holds the state itself,
-- {'deleted'} for a tombstone, or what may have some, {'marked'} for any other.
local most = tonumber(ARGV[1])
local sizes = { hash = 'HLEN', list = 'LLEN', set = 'SCARD', zset = 'ZCARD', stream = 'XLEN' }
local function text(parts)
  local out = {}
  for _, part in ipairs(parts) do
    if type(part) == 'table' then part = text(part) end
    out[#out + 1] = #part .. ':' .. part
  end
  return table.concat(out)
end
local function content(key, kind)
  if kind == 'list' then return text(redis.call('LRANGE', key, 0, -1)) end
  if kind == 'zset' then return text(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')) end
  if kind == 'stream' then return text(redis.call('XRANGE', key, '-', '+')) end
  if kind == 'set' then
    local members = redis.call('SMEMBERS', key)
    table.sort(members)
    return text(members)
  end
  local flat, pairs_ = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do pairs_[#pairs_ + 1] = text({flat[i], flat[i + 1]}) end
  table.sort(pairs_)
  return text(pairs_)
end
local out = {}
for i = 1, #KEYS - 1 do
  local key = KEYS[i]
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then
    out[i] = {kind, '-2', 0, ''}
  else
    local deadline = string.format('%.0f', redis.call('PEXPIRETIME', key))
    if kind == 'string' then
      out[i] = {kind, deadline, 1, redis.sha1hex(redis.call('GET', key))}
    else
      local size = sizes[kind] and redis.call(sizes[kind], key) or most + 1
      out[i] = {kind, deadline, size, size <= most and redis.sha1hex(content(key, kind)) or ''}
    end
  end
end
local mark = KEYS[#KEYS]
local kind = redis.call('TYPE', mark).ok
if kind == 'string' then
  kind = 'marked'
  if redis.call('GETRANGE', mark, 0, 0) == 's' then kind = 'held' end
  if redis.call('GETRANGE', mark, 27, -1) == '99999999999999999.ffffffff' then kind = 'deleted' end
elseif kind ~= 'none' then
  kind = 'deleted'
end
out[#KEYS] = {kind}
return out
