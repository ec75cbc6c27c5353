import { historyLua, optionsTtl, pageBytes, serverIdLua } from './history-lua.ts';
import { defineScript } from './redis-script.ts';

/** The most Stream entries read at once, as their length is unknown. */
const step = 16;

/** Inbox items read at once. */
const inboxStep = 100;

/** The error of a read if the history has other options, which may no longer be in use. */
export const unsettled = 'UNSETTLED options';

/** Begins to count epochs, unless somebody has. KEYS: epochs. ARGV: an ID for the epochs. */
export const beginScript = defineScript(`${serverIdLua}
local made = redis.pcall('HSETNX', KEYS[1], 'id', ARGV[1])
if made == 1 then return redis.pcall('HSET', KEYS[1], 'server', serverId()) end
return made
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
export const settleScript = defineScript(`${historyLua}
if not hasOtherOptions then return 1 end
local others = redis.call('PUBSUB', ARGV[6], ARGV[5])[2] - ARGV[7]
if wasUsed or others > 0 and ARGV[8] == 'refuse' then return otherOptions() end
if others > 0 and ARGV[8] == 'ask' then return 0 end
redis.call('HSET', KEYS[1], 'size', ARGV[3], 'ttl', ARGV[4], 'used', now)
return 1
`);

/** Marks the options of a history as used, if they are this node's. */
export const useScript = defineScript(`${historyLua}
if isKnown and not hasOtherOptions then redis.call('HSET', KEYS[1], 'used', now) end
`);

/** Whether a history was published to recently. KEYS: position. */
export const inUseScript = defineScript(`
local used = redis.pcall('HGET', KEYS[1], 'used')
return type(used) == 'string' and redis.call('TIME')[1] * 1000 - (tonumber(used) or 0) < ${optionsTtl} and 1 or 0
`);

/**
 * ARGV: an offset, or `inf`; whether other options are an error, `own`, or not, `any`. Returns epoch, offset, how many
 * entries are foreign, the offset up to which it has read, the former epochs, and offset and message of the entries
 * after the given offset.
 */
export const readScript = defineScript(`${historyLua}
if hasOtherOptions and ARGV[6] == 'own' then return wasUsed and otherOptions() or redis.error_reply('${unsettled}') end
local result = { epoch, string.format('%.0f', offset), 0, string.format('%.0f', offset), former }
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
      if at > now - (fields[4] or ARGV[4]) then
        result[#result + 1] = string.format('%.0f', own)
        result[#result + 1] = message
      end
    end
  end
  count = math.max(1, math.min(2 * asked, ${step}, math.floor(${pageBytes} / longest)))
until #entries < asked
return result
`);
