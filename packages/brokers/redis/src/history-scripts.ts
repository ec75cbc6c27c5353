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

/** How many entries Redis looks at at once, and how many bytes, roughly, one page has: so long nobody else is served. */
const [step, pageBytes] = [100, 1024 * 1024];

/**
 * KEYS: position, stream. ARGV: an epoch, offset, ttl. Gives epoch, offset, and offset and message of the first entries after
 * it: where the last of them is not the newest, there are more.
 */
export const readScript = `${openPosition}
local result = { position[1], position[2] }
if ARGV[2] == 'inf' then return result end
local last = ARGV[2] .. '-0'
local bytes = 0
repeat
  local entries = redis.call('XRANGE', KEYS[2], '(' .. last, '+', 'COUNT', ${step})
  for _, entry in ipairs(entries) do
    last = entry[1]
    -- Somebody else's has other fields: it counts as a message that is none.
    local fields = entry[2]
    local isOurs = fields[1] == 'at' and fields[3] == 'message'
    local at, message = isOurs and tonumber(fields[2]) or now, isOurs and fields[4] or ''
    if at > now - ARGV[3] then
      result[#result + 1] = string.sub(last, 1, -3)
      result[#result + 1] = message
      bytes = bytes + #message
    end
  end
until #entries < ${step} or bytes >= ${pageBytes}
return result
`;
