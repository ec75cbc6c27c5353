/*
 * Everything that decides what a client does next is this table. It knows no clock, no socket and no callback:
 * connection.ts does what entering a phase means, keeps its time limit, and turns what happens into signals.
 */

/**
 * `waiting`: for the next attempt. `offline`: the same, while the browser believes that there is no network. `closed`:
 * for good.
 */
export type ClientState = 'connecting' | 'open' | 'waiting' | 'offline' | 'closed';

export type Phase =
  /** Waits for the address. */
  | 'addressing'
  /** Waits for the handshake. */
  | 'connecting'
  /** Waits for the hook `authenticate`. */
  | 'authenticating'
  | 'open'
  /** Open, and sent a ping: it was silent for long, the page woke, or the network came back. */
  | 'asked'
  /** Has given the socket up and waits for its end, then to reconnect. */
  | 'closing'
  /** The same, and then to reconnect at once: the page woke meanwhile, or the network came back. */
  | 'replacing'
  /** Waits for an answer about the session. */
  | 'checking'
  /** Waits to reconnect. */
  | 'waiting'
  | 'closed';

export type Signal =
  /** What the phase waits for has come. */
  | 'done'
  /** What the phase waits for does not come, or not in time. */
  | 'failed'
  /** The socket has closed. */
  | 'lost'
  | 'heard'
  | 'ponged'
  /** The page or the machine woke, or the network came back. */
  | 'woke'
  /** The browser believes that there is no network. */
  | 'offline'
  /** For good. */
  | 'ended';

/**
 * The phase that follows each signal; signals that are not here are ignored, but for `ended`, after which every phase is
 * `closed`.
 */
export type Step = Readonly<Partial<Record<Exclude<Signal, 'ended'>, Phase>>> & {
  /** What the application is told. Default: `connecting`. */
  readonly state?: ClientState;
  /** What limits it: a setting, in ms. After it the phase has failed. Default: `connectTimeout`. */
  readonly limit?: 'connectTimeout' | 'idleTimeout' | 'pongTimeout' | 'closeTimeout' | 'delay';
};

export const steps: Readonly<Record<Phase, Step>> = {
  addressing: { done: 'connecting', failed: 'checking', offline: 'waiting' },
  connecting: { done: 'authenticating', failed: 'closing', lost: 'checking', offline: 'closing' },
  authenticating: { done: 'open', failed: 'closing', lost: 'checking', offline: 'closing' },
  open: {
    state: 'open',
    limit: 'idleTimeout',
    heard: 'open',
    failed: 'asked',
    woke: 'asked',
    lost: 'waiting',
    offline: 'closing',
  },
  // What is heard may have been on its way since before the machine slept: only the pong proves anything.
  asked: {
    state: 'open',
    limit: 'pongTimeout',
    heard: 'asked',
    ponged: 'open',
    failed: 'closing',
    lost: 'waiting',
    offline: 'closing',
  },
  closing: { state: 'waiting', limit: 'closeTimeout', failed: 'waiting', lost: 'waiting', woke: 'replacing' },
  replacing: { limit: 'closeTimeout', failed: 'addressing', lost: 'addressing', offline: 'closing' },
  checking: { done: 'waiting', failed: 'waiting', offline: 'waiting' },
  waiting: { state: 'waiting', limit: 'delay', failed: 'addressing', woke: 'addressing' },
  closed: { state: 'closed' },
};
