#include "core/adapters/redis/scripts.h"

namespace cqrs::redis {

// Epoch and revision begin at the time in microseconds: an owner or a reader from before the store
// was emptied never meets its own number again.
const Script kAcquire{R"lua(
local known = redis.call('HMGET', KEYS[1], 'format', 'epoch')
if known[1] and known[1] ~= ARGV[1] then
  return redis.error_reply('CORRUPT views of format ' .. known[1] .. ', this program knows ' .. ARGV[1])
end
if not known[2] then
  local time = redis.call('TIME')
  local micros = time[1] .. string.format('%06d', time[2])
  redis.call('HSET', KEYS[1], 'format', ARGV[1], 'epoch', micros, 'revision', micros)
end
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
local state = redis.call('HMGET', KEYS[1], 'epoch', 'cursor', 'applied', 'event_id', 'incarnation')
state[6] = redis.call('SMEMBERS', KEYS[2])
state[7] = redis.call('HGET', KEYS[1], 'revision')
return state
)lua"};

const Script kForget{R"lua(
for i = 1, #ARGV, 2 do
  if redis.call('EXISTS', ARGV[i]) == 0 then redis.call('ZREM', KEYS[1], ARGV[i + 1]) end
end
)lua"};

const Script kTakeBack{R"lua(
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return end
redis.call('HSET', KEYS[1], 'cursor', ARGV[2], 'applied', ARGV[3], 'event_id', ARGV[4], 'incarnation', ARGV[5])
)lua"};

// Equal scores stand in order of their members, compared here byte by byte: Lua's own comparison
// depends on the locale.
const Script kListPage{R"lua(
local key, how, down = KEYS[1], ARGV[1], ARGV[2] == '1'
local first = 0
if how == 'text' then
  if down then
    first = redis.call('ZCARD', key) - redis.call('ZLEXCOUNT', key, '-', '(' .. ARGV[3])
  else
    first = redis.call('ZLEXCOUNT', key, '-', '[' .. ARGV[3])
  end
elseif how == 'number' then
  local function order(a, b)
    for i = 1, math.min(#a, #b) do
      local x, y = string.byte(a, i), string.byte(b, i)
      if x ~= y then return x - y end
    end
    return #a - #b
  end
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. ARGV[3])
  local high = low + redis.call('ZCOUNT', key, ARGV[3], ARGV[3])
  while low < high do
    local middle = math.floor((low + high) / 2)
    local where = order(redis.call('ZRANGE', key, middle, middle)[1], ARGV[4])
    if where < 0 or (where == 0 and not down) then low = middle + 1 else high = middle end
  end
  first = down and redis.call('ZCARD', key) - low or low
end
first = first + tonumber(ARGV[5])
local stop = first + tonumber(ARGV[6]) - 1
if down then return redis.call('ZRANGE', key, first, stop, 'REV', 'WITHSCORES') end
return redis.call('ZRANGE', key, first, stop, 'WITHSCORES')
)lua"};

// Sums stay below 2^53 for two million rows a bucket, so doubles hold them exactly.
const Script kSums{R"lua(
local out, unpack = {}, struct.unpack
for _, key in ipairs(KEYS) do
  local rows = redis.call('HVALS', key)
  local high, low = 0, 0
  for i = 1, #rows do
    local row = rows[i]
    if #row < 42 or string.byte(row, 1) ~= 1 then
      return redis.error_reply('CORRUPT a row in ' .. key .. ' cannot be read')
    end
    local h, l = unpack('>I4I4', row, 11)
    high, low = high + h, low + l
  end
  out[#out + 1], out[#out + 2], out[#out + 3] = #rows, high, low
end
return out
)lua"};

const Script kHeads{R"lua(
local rows = redis.call('HGETALL', KEYS[1])
for i = 2, #rows, 2 do rows[i] = string.sub(rows[i], 1, ARGV[1]) end
return rows
)lua"};

}  // namespace cqrs::redis
