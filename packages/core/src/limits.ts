/**
 * Every limit of the package: its default, its unit, why it is that, and what a peer that goes over it is told.
 * `Infinity` switches a limit off. The table in the README is tested against `limitTable`.
 */
export interface LimitDefinition {
  readonly default: number;
  readonly unit: 'bytes' | 'ms' | 'headers' | 'items' | 'frames' | 'messages';
  /** What a peer over the limit is told: an HTTP status, a close code, or what else happens. */
  readonly answer: string;
  readonly reason: string;
}

export const limitTable = {
  maxHeaders: {
    default: 100,
    unit: 'headers',
    answer: '431',
    reason: 'Browsers send about 20; Node 20 drops headers past its own limit without a word',
  },
  maxTargetLength: { default: 8192, unit: 'bytes', answer: '414', reason: 'Longer than any path or query in use' },
  maxListLength: {
    default: 8192,
    unit: 'bytes',
    answer: '400',
    reason:
      'Sec-WebSocket-Protocol, where browsers send credentials of up to 6 KiB. A longer Sec-WebSocket-Extensions is declined',
  },
  handshakeTimeout: {
    default: 10_000,
    unit: 'ms',
    answer: '503',
    reason: "From the upgrade request to the 101, the app's middleware included",
  },
  maxPayload: {
    default: 1024 * 1024,
    unit: 'bytes',
    answer: '1009',
    reason: 'One message, all its fragments together; 0 allows empty messages alone',
  },
  maxFragments: {
    default: Infinity,
    unit: 'frames',
    answer: '1008',
    reason: 'In one message. Off: they are copied together as they come, and cost no more than as many messages',
  },
  maxEmptyFragments: {
    default: 16,
    unit: 'frames',
    answer: '1008',
    reason: 'In a row, in one message: they cost work and bring nothing',
  },
  messageTimeout: {
    default: 30_000,
    unit: 'ms',
    answer: '1008',
    reason: 'From the first part of a message to its last, and a second more for each KiB that has come',
  },
  maxTotalIncomplete: {
    default: 128 * 1024 * 1024,
    unit: 'bytes',
    answer: '1013',
    reason: 'Incomplete messages of all sockets; the socket that holds most is closed',
  },
  pingInterval: {
    default: 25_000,
    unit: 'ms',
    answer: 'a Ping is sent',
    reason: 'Less by up to 10 %. Proxies cut connections that are silent for 60 s',
  },
  pongTimeout: {
    default: 10_000,
    unit: 'ms',
    answer: 'the connection is destroyed (1006)',
    reason: 'From a Ping to any byte of the peer, and a second more for each 64 KiB that was sent before it',
  },
  closeTimeout: {
    default: 5_000,
    unit: 'ms',
    answer: 'the connection is destroyed (1006)',
    reason: 'From our Close frame to the end of the connection, while nothing moves',
  },
  highWaterMark: {
    default: 64 * 1024,
    unit: 'bytes',
    answer: 'send() returns false until drained()',
    reason: 'Enough to keep a fast peer busy',
  },
  maxBufferedAmount: {
    default: 16 * 1024 * 1024,
    unit: 'bytes',
    answer: '1013, the connection is destroyed',
    reason: 'Unsent bytes of a peer that takes none of them for half of sendTimeout; one that moves may have more',
  },
  maxTotalBufferedAmount: {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    answer: '1013, the connection is destroyed',
    reason: 'Unsent bytes of all sockets; the socket that holds most is closed',
  },
  sendTimeout: {
    default: 25_000,
    unit: 'ms',
    answer: '1013, the connection is destroyed',
    reason: 'Bytes wait for the peer, and it takes none of them',
  },
  maxUnreadMessages: {
    default: 16,
    unit: 'messages',
    answer: 'reading pauses',
    reason: 'Received, and not yet read by the application; counted once it has begun to read',
  },
  maxUnreadBytes: {
    default: 1024 * 1024,
    unit: 'bytes',
    answer: 'reading pauses',
    reason: 'The same in bytes, with 256 more for each message',
  },
  maxTotalUnread: {
    default: 128 * 1024 * 1024,
    unit: 'bytes',
    answer: '1013',
    reason: 'The same for all sockets; the socket that holds most is closed',
  },
} as const satisfies Record<string, LimitDefinition>;

export type LimitName = keyof typeof limitTable;

/** Options that bound one opening handshake. */
export type HandshakeLimits = Record<'maxHeaders' | 'maxTargetLength' | 'maxListLength' | 'handshakeTimeout', number>;

/** Options that bound one open connection. */
export type ConnectionLimits = Record<Exclude<LimitName, keyof HandshakeLimits>, number>;

export type Limits = HandshakeLimits & ConnectionLimits;

/** The defaults, by name. */
export const defaultLimits: Readonly<Limits> = Object.freeze(
  Object.fromEntries(Object.entries(limitTable).map(([name, limit]) => [name, limit.default])) as Limits,
);

/** The longest delay that a Node.js timer takes. */
const maxDelay = 2 ** 31 - 1;

const names = Object.keys(limitTable) as LimitName[];

/** What {@link resolveLimits} has given: to be shared, as 10,000 sockets with the same limits need them only once. */
const resolved = new WeakSet<object>([defaultLimits]);

/**
 * Fills in the defaults of the limits that `options` leaves out. Limits that were resolved before, and options without
 * any, cost nothing.
 *
 * @throws {TypeError} where a limit is not a number
 * @throws {RangeError} where a limit is neither a whole number of 0 or more nor `Infinity`
 */
export function resolveLimits(options: Partial<Limits> = {}): Readonly<Limits> {
  if (resolved.has(options)) return options as Limits;
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length === 0) return defaultLimits;
  const limits = { ...defaultLimits };
  for (const name of given) limits[name] = checkedLimit(name, options[name]);
  resolved.add(limits);
  return Object.freeze(limits);
}

/**
 * Checks what is given for an option that bounds something, and returns it.
 *
 * @param name of the option, for the message
 * @throws {TypeError} where it is not a number
 * @throws {RangeError} where it is neither a whole number of 0 or more nor `Infinity`
 */
export function checkLimit(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`Invalid option ${name}: expected a number, got ${typeof value}`);
  if (value !== Infinity && (!Number.isInteger(value) || value < 0)) {
    throw new RangeError(`Invalid option ${name}: expected a whole number of 0 or more, or Infinity, got ${value}`);
  }
  return value;
}

function checkedLimit(name: LimitName, given: unknown): number {
  const value = checkLimit(name, given);
  if (value !== Infinity && limitTable[name].unit === 'ms' && value > maxDelay) {
    throw new RangeError(`Invalid option ${name}: expected at most ${maxDelay} ms, or Infinity, got ${value}`);
  }
  return value;
}
