/*
 * This table alone decides what a client does next. It uses no clock, socket or callback: connection.ts performs what
 * entering a phase means, enforces its time limit, and turns events into signals.
 */

/**
 * `waiting`: for the next attempt. `offline`: the same, while the browser reports no network. `closed`: permanently.
 */
export type ClientStatus = 'connecting' | 'open' | 'waiting' | 'offline' | 'closed';

export type Phase =
  /** Waits for the address. */
  | 'addressing'
  /** Waits for the handshake. */
  | 'connecting'
  /** Waits for the hook `authenticate`. */
  | 'authenticating'
  | 'open'
  /** Open, with a ping sent: the server was silent for long, the page woke, or the network returned. */
  | 'asked'
  /** Has given up the socket and waits until it closes; then waits to reconnect. */
  | 'closing'
  /** The same, but then reconnects at once: the page woke meanwhile, or the network returned. */
  | 'replacing'
  /** Checks whether the session has ended. */
  | 'checking'
  /** Waits to reconnect. */
  | 'waiting'
  | 'closed';

export type Signal =
  /** What the phase waits for has happened. */
  | 'done'
  /** What the phase waits for failed, or did not happen in time. */
  | 'failed'
  /** The socket has closed. */
  | 'lost'
  | 'heard'
  | 'ponged'
  /** The page or the machine woke, or the network returned. */
  | 'woke'
  /** The browser reports that there is no network. */
  | 'offline'
  /** Permanently. */
  | 'ended';

/**
 * The next phase for each signal. Signals that are not listed are ignored, except `ended`, which leads from every phase
 * to `closed`.
 */
export type Step = Readonly<Partial<Record<Exclude<Signal, 'ended'>, Phase>>> & {
  /** The status that the application sees. Default: `connecting`. */
  readonly status?: ClientStatus;
  /** The setting that limits the phase, in ms; when it expires, the phase has failed. Default: `handshakeTimeout`. */
  readonly limit?: 'handshakeTimeout' | 'pingInterval' | 'pongTimeout' | 'closeTimeout' | 'delay';
};

export const steps: Readonly<Record<Phase, Step>> = {
  addressing: { done: 'connecting', failed: 'checking', offline: 'waiting' },
  connecting: { done: 'authenticating', failed: 'closing', lost: 'checking', offline: 'closing' },
  authenticating: { done: 'open', failed: 'closing', lost: 'checking', offline: 'closing' },
  open: {
    status: 'open',
    limit: 'pingInterval',
    heard: 'open',
    failed: 'asked',
    woke: 'asked',
    lost: 'waiting',
    offline: 'closing',
  },
  // Messages may have been in flight since before the machine slept: only the pong proves that the connection works.
  asked: {
    status: 'open',
    limit: 'pongTimeout',
    heard: 'asked',
    ponged: 'open',
    failed: 'closing',
    lost: 'waiting',
    offline: 'closing',
  },
  closing: { status: 'waiting', limit: 'closeTimeout', failed: 'waiting', lost: 'waiting', woke: 'replacing' },
  replacing: { limit: 'closeTimeout', failed: 'addressing', lost: 'addressing', offline: 'closing' },
  checking: { done: 'waiting', failed: 'waiting', offline: 'waiting' },
  waiting: { status: 'waiting', limit: 'delay', failed: 'addressing', woke: 'addressing' },
  closed: { status: 'closed' },
};
