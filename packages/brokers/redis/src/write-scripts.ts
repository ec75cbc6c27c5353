import { historyLua } from './history-lua.ts';
import { defineScript } from './redis-script.ts';

/** How long, in ms, the position outlives the last message, so that a quiet topic is not mistaken for a lost one. */
const positionTtl = 30 * 24 * 60 * 60 * 1000;

/** The most Stream entries read at once, as their length is unknown. */
const step = 16;

/** How many former epochs a history has at most. A position in an older one is not valid any more. */
const maxFormer = 16;

/** Gives a history another epoch where it needs one. */
const epochLua = `${historyLua}
local server = serverId()

local function takeEpoch()
  local taken, counter = nextEpoch()
  redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
  -- A server that takes over may not know that it was taken before.
  return counter == server and taken or taken .. '.' .. server
end

-- Whether the history lacks a message that a node knows of.
local function lacks(knownEpoch, knownOffset)
  if epoch == knownEpoch then return offset < tonumber(knownOffset) end
  for each, last in string.gmatch(former, '([^:,]+):(%d+)') do
    if each == knownEpoch then return tonumber(last) < tonumber(knownOffset) end
  end
  return false
end

-- Messages are lost: positions from before are not valid in what follows.
local function breakOff()
  redis.call('HINCRBY', KEYS[3], ARGV[2], 1)
  epoch, former = takeEpoch(), ''
end

-- Another server wrote the history: nothing is known to be lost.
local function continue()
  local kept = {}
  for each, last in string.gmatch(former, '([^:,]+):(%d+)') do
    -- Of what is older, not all that follows is kept.
    if tonumber(last) >= offset - tonumber(ARGV[3]) then kept[#kept + 1] = each .. ':' .. last end
  end
  kept[#kept + 1] = epoch .. ':' .. string.format('%.0f', offset)
  former = table.concat(kept, ',', math.max(1, #kept - ${maxFormer} + 1))
  epoch = string.match(epoch, '^[^.]*%.?[^.]*') .. '.' .. server
end
`;

const store = `${epochLua}
local channel, publish = ARGV[5], ARGV[6]
if hasOtherOptions then return otherOptions() end

local isBegun = false
local function begin()
  if isBegun then return end
  isBegun = true
  local isLost = lacks(ARGV[7], ARGV[8])
  if isKnown and fields[6] == server and not isLost then return end
  local first = epoch
  if isLost then
    breakOff()
  elseif isKnown then
    continue()
  else
    epoch = takeEpoch()
    if epoch ~= first then former = first .. ':0' end
  end
  -- Not earlier: once a script has written, Redis lets it write although the memory is full.
  if not isKnown then redis.call('DEL', KEYS[1], KEYS[2]) end
  redis.call('HSET', KEYS[1], 'server', server, 'former', former)
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
  begin()
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
export const renewScript = defineScript(`${epochLua}
if not lacks(ARGV[5], ARGV[6]) then return end
breakOff()
if isKnown then redis.call('HSET', KEYS[1], 'epoch', epoch, 'server', server, 'former', former) end
`);
