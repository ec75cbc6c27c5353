import { defineScript } from './redis-script.ts';

/*
 * A topic's history is a Stream, whose entries' IDs are OFFSET-0, and a hash with its position: the epoch, the offset
 * of the newest message, and the options that it is kept by.
 *
 * A history that nobody has published to has no key, and yet an epoch, which its first message takes over: it follows
 * from a hash that all histories share, with an ID of its own and, for each of many parts of all names, how many
 * histories have begun there. An epoch is thus never given to a second history of a name, also where the keys of the
 * first are gone.
 *
 * KEYS: position, stream, epochs. ARGV: an ID for the epochs, the part that the name belongs to, size, ttl.
 */

/** How long, in ms, the position outlives the last message, so that a quiet topic is not mistaken for a lost one. */
const positionTtl = 30 * 24 * 60 * 60 * 1000;

/** How long, in ms, options count as in use after a message was published with them. */
const optionsTtl = 60_000;

/** The most Stream entries read at once, as their length is unknown. */
const step = 16;

/**
 * How many bytes of messages, roughly, one answer has: so long nobody else is served. One that is longer goes alone.
 */
const pageBytes = 1024 * 1024;

/** Inbox items read at once. */
const inboxStep = 100;

/** The error of a read if the history has other options, which may no longer be in use. */
export const unsettled = 'UNSETTLED options';

const common = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function nextEpoch()
  local id = redis.pcall('HGET', KEYS[3], 'id')
  if type(id) ~= 'string' then
    redis.pcall('DEL', KEYS[3])
    local made = redis.pcall('HSET', KEYS[3], 'id', ARGV[1])
    -- Reads of a server that accepts no writes must find the same epoch each time.
    id = type(made) == 'table' and 'unwritten' or ARGV[1]
  end
  return id .. '.' .. (redis.call('HGET', KEYS[3], ARGV[2]) or '0')
end

local fields = redis.pcall('HMGET', KEYS[1], 'epoch', 'offset', 'size', 'ttl', 'used')
local isKnown = not fields.err and fields[1] and tonumber(fields[2]) ~= nil
local epoch, offset = isKnown and fields[1] or nextEpoch(), isKnown and tonumber(fields[2]) or 0

local hasOtherOptions = isKnown and fields[3] and (fields[3] ~= ARGV[3] or fields[4] ~= ARGV[4])
local wasUsed = isKnown and now - (tonumber(fields[5]) or 0) < ${optionsTtl}
local function otherOptions()
  return redis.error_reply('OPTIONS ' .. fields[3] .. ' ' .. tostring(fields[4]))
end

-- A server that took over or restarted without the newest messages must not assign their offsets to others.
local function renew(knownEpoch, knownOffset)
  if epoch ~= knownEpoch or offset >= tonumber(knownOffset) then return false end
  redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
  epoch = nextEpoch()
  return true
end

-- The offset of an entry that may belong to this history.
local function offsetOf(entry)
  local own = tonumber(string.match(entry[1], '^(%d+)%-0$'))
  return own and own <= offset and own or nil
end
`;

const store = `${common}
local channel, publish = ARGV[5], ARGV[6]
if hasOtherOptions then return otherOptions() end
renew(ARGV[7], ARGV[8])
if not isKnown then
  redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
  redis.call('DEL', KEYS[1], KEYS[2])
end

local function setOffset(value)
  offset = value
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', string.format('%.0f', value), 'size', ARGV[3], 'ttl', ARGV[4], 'used', now)
  redis.call('PEXPIRE', KEYS[1], ${positionTtl})
end

local function add(id, at, message)
  return redis.pcall('XADD', KEYS[2], 'MAXLEN', '=', ARGV[3], id, 'at', at, 'message', message)
end

-- Removes foreign entries that prevent the Stream from accepting ours. Returns how many there were.
local function repair(last)
  local foreign, from = {}, '-'
  repeat
    local entries = redis.pcall('XRANGE', KEYS[2], from, '+', 'COUNT', ${step})
    if entries.err then
      redis.call('DEL', KEYS[2])
      return 1
    end
    for _, entry in ipairs(entries) do
      local own, values = offsetOf(entry), entry[2]
      local isOurs = own and own <= last and values[1] == 'at' and values[3] == 'message'
      if not isOurs then foreign[#foreign + 1] = entry[1] end
      from = '(' .. entry[1]
    end
  until #entries < ${step}
  for _, id in ipairs(foreign) do redis.call('XDEL', KEYS[2], id) end
  -- Without a Stream there is no last entry either.
  redis.pcall('XSETID', KEYS[2], string.format('%.0f-0', last))
  return #foreign
end

local foreign, isHeard = 0, 1
-- Returns an error if nothing was stored.
local function put(message)
  setOffset(offset + 1)
  local heard = redis.pcall(publish, channel, epoch .. ':' .. string.format('%.0f', offset) .. ':' .. message)
  if type(heard) == 'table' and heard.err then
    -- The name of the error depends on the version of Redis.
    if string.find(heard.err, 'NOPERM') or string.find(heard.err, 'ACL') or string.find(heard.err, 'The user executing') then
      setOffset(offset - 1)
      return heard
    end
    -- The slot is being moved, and its subscribers are at the other master.
    isHeard = 0
  end
  local id = string.format('%.0f-0', offset)
  local added = add(id, now, message)
  if type(added) == 'table' and added.err then
    foreign = foreign + repair(offset - 1)
    redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[3], id, 'at', now, 'message', message)
  end
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
`;

/**
 * Stores a message and publishes it with its position. ARGV: channel, PUBLISH or SPUBLISH, epoch and offset of the
 * newest message that this node knows of, message. Returns epoch, offset, how many foreign entries were in the way, and
 * whether the message was published.
 */
export const publishScript = defineScript(`${store}
local failure = put(ARGV[9])
if failure then return failure end
return { epoch, string.format('%.0f', offset), foreign, isHeard }
`);

/**
 * Takes the items at the head of the inbox while they match the expected ones. KEYS: inbox too. ARGV: as above, then
 * pairs of the expected item and the message to store for it, or nothing to drop it. Returns how many foreign entries
 * were in the way, how many items were taken, and which messages were stored but not published.
 */
export const takeInboxScript = defineScript(`${store}
local taken, unheard = 0, {}
for index = 9, #ARGV, 2 do
  if redis.call('LINDEX', KEYS[4], 0) ~= ARGV[index] then break end
  local message = ARGV[index + 1]
  local failure = message ~= '' and put(message)
  if failure then return failure end
  redis.call('LPOP', KEYS[4])
  taken = taken + 1
  if message ~= '' and isHeard == 0 then
    unheard[#unheard + 1] = epoch .. ':' .. string.format('%.0f', offset) .. ':' .. message
  end
end
return { foreign, taken, unheard }
`);

/** Removes foreign entries, and returns how many there were. */
export const repairScript = defineScript(`${store}
local removed = isKnown and repair(offset) or 0
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return removed
`);

/**
 * Changes the epoch of a history that lacks messages known to this node. ARGV: epoch and offset of the newest of them.
 */
export const renewScript = defineScript(`${common}
if renew(ARGV[5], ARGV[6]) and isKnown then redis.call('HSET', KEYS[1], 'epoch', epoch) end
`);

/** Returns the items at the head of an inbox that fit into one answer. KEYS: inbox. */
export const inboxScript = defineScript(`
local items, bytes = {}, 0
for index = 0, ${inboxStep} - 1 do
  local item = redis.call('LINDEX', KEYS[1], index)
  if not item or bytes > 0 and bytes + #item > ${pageBytes} then break end
  items[#items + 1] = item
  bytes = bytes + #item
end
return items
`);

/**
 * Sets the options of a history to this node's if its options are unused. ARGV: channel, NUMSUB or SHARDNUMSUB, how
 * often this node is certainly subscribed, and what to do if there are other subscribers: `refuse`, `ask` them, or
 * `take` the history anyway. Returns whether this is settled; 0 if the others must be asked.
 */
export const settleScript = defineScript(`${common}
if not hasOtherOptions then return 1 end
local others = redis.call('PUBSUB', ARGV[6], ARGV[5])[2] - ARGV[7]
if wasUsed or others > 0 and ARGV[8] == 'refuse' then return otherOptions() end
if others > 0 and ARGV[8] == 'ask' then return 0 end
redis.call('HSET', KEYS[1], 'size', ARGV[3], 'ttl', ARGV[4], 'used', now)
return 1
`);

/** Marks the options of a history as used, if they are this node's. */
export const useScript = defineScript(`${common}
if isKnown and not hasOtherOptions then redis.call('HSET', KEYS[1], 'used', now) end
`);

/** Whether a history was published to recently. KEYS: position. */
export const inUseScript = defineScript(`
local used = redis.pcall('HGET', KEYS[1], 'used')
return type(used) == 'string' and redis.call('TIME')[1] * 1000 - (tonumber(used) or 0) < ${optionsTtl} and 1 or 0
`);

/**
 * ARGV: an offset, or `inf`. Returns epoch, offset, how many entries are foreign, the offset up to which it has read,
 * and offset and message of the entries after the given offset.
 */
export const readScript = defineScript(`${common}
if hasOtherOptions then return wasUsed and otherOptions() or redis.error_reply('${unsettled}') end
local result = { epoch, string.format('%.0f', offset), 0, string.format('%.0f', offset) }
if ARGV[5] == 'inf' or not isKnown then return result end
local last, count, bytes, longest = ARGV[5] .. '-0', 1, 0, 1
repeat
  local asked = count
  local entries = redis.pcall('XRANGE', KEYS[2], '(' .. last, '+', 'COUNT', asked)
  if entries.err then
    result[3] = result[3] + 1
    break
  end
  for _, entry in ipairs(entries) do
    last = entry[1]
    local own, values = offsetOf(entry), entry[2]
    -- A foreign entry with an ID of ours counts as a malformed message.
    local isOurs = values[1] == 'at' and values[3] == 'message'
    local at, message = isOurs and tonumber(values[2]) or now, isOurs and values[4] or ''
    if not own then
      result[3] = result[3] + 1
    else
      if bytes > 0 and bytes + #message > ${pageBytes} then
        result[4] = string.format('%.0f', own - 1)
        return result
      end
      bytes, longest = bytes + #message, math.max(longest, #message)
      if at > now - ARGV[4] then
        result[#result + 1] = string.format('%.0f', own)
        result[#result + 1] = message
      end
    end
  end
  count = math.max(1, math.min(2 * asked, ${step}, math.floor(${pageBytes} / longest)))
until #entries < asked
return result
`);
