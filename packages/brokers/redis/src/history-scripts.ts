/*
 * A topic's history is a Stream, whose entries' IDs are OFFSET-0, and a hash with the epoch and the offset of the newest.
 * A script is the unit of what happens at once in Redis.
 */

/** How long, in ms, the position outlives the last use of a topic: so that a quiet topic is not taken for a lost one. */
const positionTtl = 30 * 24 * 60 * 60 * 1000;

/** The position, made where it is not there: then what is left of a stream is of another epoch. */
const openPosition = `
local position = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
if not position[1] then
  position = { ARGV[1], '0' }
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'offset', '0')
  redis.call('DEL', KEYS[2])
end
redis.call('PEXPIRE', KEYS[1], ${positionTtl})
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS: position, stream. ARGV: an epoch, channel, message, size, ttl. Stores a message, and publishes it with its position. */
export const publishScript = `${openPosition}
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[4], offset .. '-0', 'at', now, 'message', ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('PUBLISH', ARGV[2], position[1] .. ':' .. offset .. ':' .. ARGV[3])
return offset
`;

/** KEYS: position, stream. ARGV: an epoch, offset, ttl. Gives epoch, offset, and offset and message of each entry after it. */
export const readScript = `${openPosition}
local result = { position[1], position[2] }
if ARGV[2] == 'inf' then return result end
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. ARGV[2] .. '-0', '+')) do
  if tonumber(entry[2][2]) > now - ARGV[3] then
    result[#result + 1] = string.sub(entry[1], 1, -3)
    result[#result + 1] = entry[2][4]
  end
end
return result
`;
