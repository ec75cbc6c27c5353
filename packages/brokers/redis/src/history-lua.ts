/*
 * A topic's history is a Stream, whose entries' IDs are OFFSET-0, and a hash with its position: the epoch, the offset
 * of the newest message, the options that it is kept by, the server that wrote it, and its former epochs.
 *
 * A history that nobody has published to has no key, and yet an epoch, which its first message takes over: it follows
 * from a hash that all histories share, with an ID of its own and, for each of many parts of all names, how many
 * histories have begun there. An epoch is thus never given to a second history of a name, also where the keys of the
 * first are gone.
 *
 * A server that takes over may lack the newest messages, and assigns their offsets to others. So its first message of a
 * history gets an epoch of its own, and the one before becomes a former epoch: EPOCH:OFFSET, where OFFSET is the last
 * that both have in common. No epoch has two messages with the same offset.
 *
 * KEYS: position, stream, epochs. ARGV: an ID for the epochs, the part that the name belongs to, size, ttl.
 */

/** How long, in ms, options count as in use after a message was published with them. */
export const optionsTtl = 60_000;

/**
 * How many bytes of messages, roughly, one answer has: so long nobody else is served. One that is longer goes alone.
 */
export const pageBytes = 1024 * 1024;

/**
 * A function that returns what identifies the server as long as it is the master without interruption. The ID changes
 * when a replica takes over and when a server restarts. ROLE, which needs no permission for INFO, has no such ID, and
 * scripts may not call it.
 */
export const serverIdLua = `
local function serverId()
  return string.sub(string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or '', 1, 12)
end
`;

/** What all scripts of a history begin with. */
export const historyLua = `${serverIdLua}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The epoch of a history that has not started, and the server that began to count epochs.
local function nextEpoch()
  local epochs = redis.pcall('HMGET', KEYS[3], 'id', 'server', ARGV[2])
  if epochs.err or not epochs[1] then
    redis.pcall('DEL', KEYS[3])
    local server = serverId()
    local made = redis.pcall('HSET', KEYS[3], 'id', ARGV[1], 'server', server)
    -- Reads of a server that accepts no writes must find the same epoch each time.
    epochs = { type(made) == 'table' and 'unwritten' or ARGV[1], server, false }
  end
  return epochs[1] .. '.' .. (epochs[3] or '0'), epochs[2]
end

local fields = redis.pcall('HMGET', KEYS[1], 'epoch', 'offset', 'size', 'ttl', 'used', 'server', 'former')
local isKnown = not fields.err and fields[1] and tonumber(fields[2]) ~= nil
local epoch, offset = isKnown and fields[1] or nextEpoch(), isKnown and tonumber(fields[2]) or 0
local former = isKnown and fields[7] or ''

local hasOtherOptions = isKnown and fields[3] and (fields[3] ~= ARGV[3] or fields[4] ~= ARGV[4])
local wasUsed = isKnown and now - (tonumber(fields[5]) or 0) < ${optionsTtl}
local function otherOptions()
  return redis.error_reply('OPTIONS ' .. fields[3] .. ' ' .. tostring(fields[4]))
end

-- The offset of an entry that may belong to this history.
local function offsetOf(entry)
  local own = tonumber(string.match(entry[1], '^(%d+)%-0$'))
  return own and own <= offset and own or nil
end
`;
