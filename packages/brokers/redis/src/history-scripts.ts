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

/** How long, in ms, the position outlives the last message: so that a quiet topic is not taken for a lost one. */
const positionTtl = 30 * 24 * 60 * 60 * 1000;

/** How long, in ms, options count as those of other nodes after a message was published with them. */
const optionsTtl = 60_000;

/** Entries of a Stream that are looked at together at most, as nobody knows how long they are. */
const step = 16;

/**
 * How many bytes of messages, roughly, one answer has: so long nobody else is served. One that is longer goes alone.
 */
const pageBytes = 1024 * 1024;

/** Items of an inbox that are looked at together. */
const inboxStep = 100;

/** The answer to a read where the history has other options, which may be those of nobody any more. */
export const unsettled = 'UNSETTLED options';

const common = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function nextEpoch()
  local id = redis.pcall('HGET', KEYS[3], 'id')
  if type(id) ~= 'string' then
    redis.pcall('DEL', KEYS[3])
    local made = redis.pcall('HSET', KEYS[3], 'id', ARGV[1])
    -- Who only reads, of a server that takes no writes, has to find the same epoch each time.
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

-- A server that has taken over, or was started again, without the newest messages must not give their offsets to others.
local function renew(knownEpoch, knownOffset)
  if epoch ~= knownEpoch or offset >= tonumber(knownOffset) then return false end
  redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
  epoch = nextEpoch()
  return true
end

-- Its offset, where an entry may be of this history.
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

-- Removes what others have written to the Stream, so that it takes our entries again. Returns how many they were.
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
  -- Where there is no Stream, it has no last entry either.
  redis.pcall('XSETID', KEYS[2], string.format('%.0f-0', last))
  return #foreign
end

local foreign, isHeard = 0, 1
-- Returns an error where nothing was stored.
local function put(message)
  setOffset(offset + 1)
  local heard = redis.pcall(publish, channel, epoch .. ':' .. string.format('%.0f', offset) .. ':' .. message)
  if type(heard) == 'table' and heard.err then
    -- What Redis calls it depends on its version.
    if string.find(heard.err, 'NOPERM') or string.find(heard.err, 'ACL') or string.find(heard.err, 'The user executing') then
      setOffset(offset - 1)
      return heard
    end
    -- The slot is being moved, and who listens is elsewhere.
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
 * Stores a message, and publishes it with its position. ARGV: channel, PUBLISH or SPUBLISH, epoch and offset of the
 * newest message that this node knows of, message.
 * Gives epoch, offset, how many entries of others were in the way, and whether it was published.
 */
export const publishScript = defineScript(`${store}
local failure = put(ARGV[9])
if failure then return failure end
return { epoch, string.format('%.0f', offset), foreign, isHeard }
`);

/**
 * Takes what stands at the head of the inbox, as far as it is what is expected there. KEYS: inbox too. ARGV: as above,
 * and then pairs of what is expected and the message that it is stored as, or nothing where it is dropped. Gives how
 * many entries of others were in the way, how many items were taken, and what was stored and not published.
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

/** Leaves out entries of others, and gives how many they were. */
export const repairScript = defineScript(`${store}
local removed = isKnown and repair(offset) or 0
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return removed
`);

/**
 * Gives a history another epoch where it lacks messages that this node knows of. ARGV: epoch and offset of the newest
 * of them.
 */
export const renewScript = defineScript(`${common}
if renew(ARGV[5], ARGV[6]) and isKnown then redis.call('HSET', KEYS[1], 'epoch', epoch) end
`);

/** What stands at the head of an inbox, as far as it fits into one answer. KEYS: inbox. */
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
 * Gives a history the options of this node, where it has others that nobody uses. ARGV: channel, NUMSUB or SHARDNUMSUB,
 * how often this node is subscribed for certain, and what to do where others are: `refuse`, `ask` them or `take` it all
 * the same. Gives whether that is settled; 0 where they are to be asked.
 */
export const settleScript = defineScript(`${common}
if not hasOtherOptions then return 1 end
local others = redis.call('PUBSUB', ARGV[6], ARGV[5])[2] - ARGV[7]
if wasUsed or others > 0 and ARGV[8] == 'refuse' then return otherOptions() end
if others > 0 and ARGV[8] == 'ask' then return 0 end
redis.call('HSET', KEYS[1], 'size', ARGV[3], 'ttl', ARGV[4], 'used', now)
return 1
`);

/** Has the options of a history count as used, where they are those of this node. */
export const useScript = defineScript(`${common}
if isKnown and not hasOtherOptions then redis.call('HSET', KEYS[1], 'used', now) end
`);

/** Whether a history was published to lately. KEYS: position. */
export const inUseScript = defineScript(`
local used = redis.pcall('HGET', KEYS[1], 'used')
return type(used) == 'string' and redis.call('TIME')[1] * 1000 - (tonumber(used) or 0) < ${optionsTtl} and 1 or 0
`);

/**
 * ARGV: an offset, or `inf`. Gives epoch, offset, how many entries are of others, up to which offset it has looked, and
 * offset and message of the entries that it has found after the given one.
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
    -- In our place, and of somebody else: it counts as a message that is none.
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
