import { milliseconds, whole } from './options/whole-number.ts';
import { readOptions } from './options/read-options.ts';
import { limit } from './options/limit.ts';

/** Limits of one opening handshake. */
const handshakeLimitOptions = {
  maxHeaders: limit(whole({ default: 100, unit: 'headers', infinity: true }), {
    answer: '431',
    reason: 'Browsers send about 20. Node.js 20 silently drops headers past its own limit',
  }),
  maxTargetLength: limit(whole({ default: 8192, unit: 'bytes', infinity: true }), {
    answer: '414',
    reason: 'Longer than any path or query in use',
  }),
  maxListLength: limit(whole({ default: 8192, unit: 'bytes', infinity: true }), {
    answer: '400',
    reason:
      'Length of Sec-WebSocket-Protocol, in which browsers send credentials of up to 6 KiB. A longer Sec-WebSocket-Extensions is declined',
  }),
  handshakeTimeout: limit(milliseconds({ default: 10_000, infinity: true }), {
    answer: '503',
    reason: "From the upgrade request to the 101, including the app's middleware",
  }),
};

/** Limits of one open connection. */
export const connectionLimitOptions = {
  maxPayload: limit(whole({ default: 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1009',
    reason: 'One message with all its fragments; 0 allows only empty messages',
  }),
  maxFragments: limit(whole({ default: Infinity, unit: 'frames', infinity: true }), {
    answer: '1008',
    reason:
      'In one message. Off, because fragments are joined as they arrive and cost no more than the same number of messages',
  }),
  maxEmptyFragments: limit(whole({ default: 16, unit: 'frames', infinity: true }), {
    answer: '1008',
    reason: 'In a row, in one message: they cost CPU and carry nothing',
  }),
  messageTimeout: limit(milliseconds({ default: 30_000, infinity: true }), {
    answer: '1008',
    reason: 'From the first byte of a message to its last, plus one second for each KiB received',
  }),
  maxTotalIncompleteBytes: limit(whole({ default: 128 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013',
    reason: 'Incomplete messages of all sockets; the socket that holds the most is closed',
  }),
  pingInterval: limit(milliseconds({ default: 25_000, infinity: true }), {
    answer: 'a Ping is sent',
    reason: 'Up to 10 % less, to spread Pings. Proxies cut connections that are silent for 60 s',
  }),
  pongTimeout: limit(milliseconds({ default: 10_000, infinity: true }), {
    answer: 'the connection is destroyed (1006)',
    reason: 'From a Ping to any byte from the peer, plus one second for each 64 KiB sent before the Ping',
  }),
  closeTimeout: limit(milliseconds({ default: 5_000, infinity: true }), {
    answer: 'the connection is destroyed (1006)',
    reason: 'From our Close frame to the end of the connection, counted while no bytes move',
  }),
  highWaterMark: limit(whole({ default: 64 * 1024, unit: 'bytes', infinity: true }), {
    answer: 'send() returns false until drained()',
    reason: 'Enough to keep a fast peer busy',
  }),
  maxBufferedAmount: limit(whole({ default: 16 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013, the connection is destroyed',
    reason: 'Unsent bytes of a peer that accepts none for half of sendTimeout; a peer that accepts some may have more',
  }),
  maxTotalBufferedAmount: limit(whole({ default: 256 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013, the connection is destroyed',
    reason: 'Unsent bytes of all sockets; the socket that holds the most is closed',
  }),
  sendTimeout: limit(milliseconds({ default: 25_000, infinity: true }), {
    answer: '1013, the connection is destroyed',
    reason: 'The time in which a peer with unsent bytes accepts none',
  }),
  maxUnreadMessages: limit(whole({ default: 16, unit: 'messages', infinity: true }), {
    answer: 'reading pauses',
    reason:
      'Received but not yet read by the application; counted while it reads, and for up to 10 s after its last read',
  }),
  maxUnreadBytes: limit(whole({ default: 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: 'reading pauses',
    reason: 'The same in bytes, plus 256 for each message',
  }),
  maxTotalUnreadBytes: limit(whole({ default: 128 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013',
    reason: 'The same for all sockets, with what was received after them; the socket that holds the most is closed',
  }),
};

/**
 * Every limit of the package: its default, its unit, the reason, and what happens to a peer that exceeds it. `Infinity`
 * switches a limit off. The table in the README is generated from it.
 */
export const limitOptions = { ...handshakeLimitOptions, ...connectionLimitOptions };

export type LimitName = keyof typeof limitOptions;

/** Limits of one opening handshake. */
export type HandshakeLimits = Record<'maxHeaders' | 'maxTargetLength' | 'maxListLength' | 'handshakeTimeout', number>;

/** Limits of one open connection. */
export type ConnectionLimits = Record<Exclude<LimitName, keyof HandshakeLimits>, number>;

export type Limits = HandshakeLimits & ConnectionLimits;

/** The defaults, by name. */
export const defaultLimits: Readonly<Limits> = Object.freeze(
  Object.fromEntries(Object.entries(limitOptions).map(([name, limit]) => [name, limit.default])) as Limits,
);

const names = Object.keys(limitOptions) as LimitName[];

/** Results of {@link resolveLimits}, which are shared: 10,000 sockets with the same limits need only one. */
const resolved = new WeakSet<object>([defaultLimits]);

/**
 * Checks limits and fills in the defaults. Costs nothing for limits that are resolved already, and for none.
 *
 * @throws {TypeError} on an unknown name, and on a limit that is not a number
 * @throws {RangeError} on a limit that is neither a whole number of 0 or more nor `Infinity`, or a time longer than a
 * timer allows
 */
export function resolveLimits(options: Partial<Limits> = {}): Readonly<Limits> {
  return resolved.has(options) ? (options as Limits) : share(readOptions(limitOptions, options));
}

/** The limits among checked options, complete with defaults. */
export function limitsAmong(options: Partial<Limits>): Readonly<Limits> {
  const given = names.filter((name) => options[name] !== undefined);
  return share(Object.fromEntries(given.map((name) => [name, options[name]])));
}

function share(given: Partial<Limits>): Readonly<Limits> {
  if (Object.keys(given).length === 0) return defaultLimits;
  const limits = Object.freeze({ ...defaultLimits, ...given });
  resolved.add(limits);
  return limits;
}
