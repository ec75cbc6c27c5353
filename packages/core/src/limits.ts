import { milliseconds, whole } from './options/whole-number.ts';
import { readOptions } from './options/read-options.ts';
import { limit } from './options/limit.ts';

/** Limits of one opening handshake. */
const handshakeLimitOptions = {
  maxHeaders: limit(whole({ default: 100, unit: 'headers', infinity: true }), {
    answer: '431',
    reason: 'Browsers send about 20; Node 20 drops headers past its own limit without a word',
  }),
  maxTargetLength: limit(whole({ default: 8192, unit: 'bytes', infinity: true }), {
    answer: '414',
    reason: 'Longer than any path or query in use',
  }),
  maxListLength: limit(whole({ default: 8192, unit: 'bytes', infinity: true }), {
    answer: '400',
    reason:
      'Sec-WebSocket-Protocol, where browsers send credentials of up to 6 KiB. A longer Sec-WebSocket-Extensions is declined',
  }),
  handshakeTimeout: limit(milliseconds({ default: 10_000, infinity: true }), {
    answer: '503',
    reason: "From the upgrade request to the 101, the app's middleware included",
  }),
};

/** Limits of one open connection. */
export const connectionLimitOptions = {
  maxPayload: limit(whole({ default: 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1009',
    reason: 'One message, all its fragments together; 0 allows empty messages alone',
  }),
  maxFragments: limit(whole({ default: Infinity, unit: 'frames', infinity: true }), {
    answer: '1008',
    reason: 'In one message. Off: they are copied together as they come, and cost no more than as many messages',
  }),
  maxEmptyFragments: limit(whole({ default: 16, unit: 'frames', infinity: true }), {
    answer: '1008',
    reason: 'In a row, in one message: they cost work and bring nothing',
  }),
  messageTimeout: limit(milliseconds({ default: 30_000, infinity: true }), {
    answer: '1008',
    reason: 'From the first part of a message to its last, and a second more for each KiB that has come',
  }),
  maxTotalIncomplete: limit(whole({ default: 128 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013',
    reason: 'Incomplete messages of all sockets; the socket that holds most is closed',
  }),
  pingInterval: limit(milliseconds({ default: 25_000, infinity: true }), {
    answer: 'a Ping is sent',
    reason: 'Less by up to 10 %. Proxies cut connections that are silent for 60 s',
  }),
  pongTimeout: limit(milliseconds({ default: 10_000, infinity: true }), {
    answer: 'the connection is destroyed (1006)',
    reason: 'From a Ping to any byte of the peer, and a second more for each 64 KiB that was sent before it',
  }),
  closeTimeout: limit(milliseconds({ default: 5_000, infinity: true }), {
    answer: 'the connection is destroyed (1006)',
    reason: 'From our Close frame to the end of the connection, while nothing moves',
  }),
  highWaterMark: limit(whole({ default: 64 * 1024, unit: 'bytes', infinity: true }), {
    answer: 'send() returns false until drained()',
    reason: 'Enough to keep a fast peer busy',
  }),
  maxBufferedAmount: limit(whole({ default: 16 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013, the connection is destroyed',
    reason: 'Unsent bytes of a peer that takes none of them for half of sendTimeout; one that moves may have more',
  }),
  maxTotalBufferedAmount: limit(whole({ default: 256 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013, the connection is destroyed',
    reason: 'Unsent bytes of all sockets; the socket that holds most is closed',
  }),
  sendTimeout: limit(milliseconds({ default: 25_000, infinity: true }), {
    answer: '1013, the connection is destroyed',
    reason: 'Bytes wait for the peer, and it takes none of them',
  }),
  maxUnreadMessages: limit(whole({ default: 16, unit: 'messages', infinity: true }), {
    answer: 'reading pauses',
    reason: 'Received, and not yet read by the application; counted while it reads, up to 10 s after it last did',
  }),
  maxUnreadBytes: limit(whole({ default: 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: 'reading pauses',
    reason: 'The same in bytes, with 256 more for each message',
  }),
  maxTotalUnread: limit(whole({ default: 128 * 1024 * 1024, unit: 'bytes', infinity: true }), {
    answer: '1013',
    reason: 'The same for all sockets, with what was received behind them; the socket that holds most is closed',
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
 * Checks limits, and fills in the defaults. Limits that are resolved already, and no limits, cost nothing.
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
