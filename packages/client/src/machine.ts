/*
 * Everything that decides what a client does next is this table. It knows no clock, no socket and no callback: connection.ts
 * does what entering a phase means, keeps its time limit, and turns what happens into signals.
 */

/** `waiting`: for the next attempt. `offline`: the same, while the browser believes that there is no network. `closed`: for good. */
export type ClientState = 'connecting' | 'open' | 'waiting' | 'offline' | 'closed';

export type Phase =
  /** Waits for the address. */
  | 'addressing'
  /** Waits for the handshake. */
  | 'connecting'
  /** Waits for the hook `authenticate`. */
  | 'authenticating'
  | 'open'
  /** Open, silent for long, and sent a ping. */
  | 'asked'
  /** Open, and sent a ping because the page woke or the network came back. */
  | 'probed'
  /** Has given the socket up and waits for its end, then to reconnect. */
  | 'closing'
  /** Has given the socket up and waits for its end, then reconnects at once. */
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

export interface Step {
  /** What the application is told. */
  readonly state: ClientState;
  /** What limits it: a setting, in ms. After it the phase has failed. */
  readonly limit?: 'connectTimeout' | 'idleTimeout' | 'pongTimeout' | 'wakeTimeout' | 'closeTimeout' | 'delay';
  /** What follows; signals that are not here are ignored. */
  readonly on: Readonly<Partial<Record<Signal, Phase>>>;
}

const ended = 'closed';

export const steps: Readonly<Record<Phase, Step>> = {
  addressing: {
    state: 'connecting',
    limit: 'connectTimeout',
    on: { done: 'connecting', failed: 'checking', offline: 'waiting', ended },
  },
  connecting: {
    state: 'connecting',
    limit: 'connectTimeout',
    on: { done: 'authenticating', failed: 'closing', lost: 'checking', offline: 'closing', ended },
  },
  authenticating: {
    state: 'connecting',
    limit: 'connectTimeout',
    on: { done: 'open', failed: 'closing', lost: 'checking', offline: 'closing', ended },
  },
  open: {
    state: 'open',
    limit: 'idleTimeout',
    on: { heard: 'open', failed: 'asked', woke: 'probed', lost: 'waiting', offline: 'closing', ended },
  },
  asked: {
    state: 'open',
    limit: 'pongTimeout',
    on: {
      heard: 'open',
      ponged: 'open',
      failed: 'closing',
      woke: 'probed',
      lost: 'waiting',
      offline: 'closing',
      ended,
    },
  },
  // What is heard may have been on its way since before the machine slept: only the pong proves anything.
  probed: {
    state: 'open',
    limit: 'wakeTimeout',
    on: { heard: 'probed', ponged: 'open', failed: 'replacing', lost: 'waiting', offline: 'closing', ended },
  },
  closing: {
    state: 'waiting',
    limit: 'closeTimeout',
    on: { failed: 'waiting', lost: 'waiting', woke: 'replacing', ended },
  },
  replacing: {
    state: 'connecting',
    limit: 'closeTimeout',
    on: { failed: 'addressing', lost: 'addressing', offline: 'closing', ended },
  },
  checking: {
    state: 'connecting',
    limit: 'connectTimeout',
    on: { done: 'waiting', failed: 'waiting', offline: 'waiting', ended },
  },
  waiting: { state: 'waiting', limit: 'delay', on: { failed: 'addressing', woke: 'addressing', ended } },
  closed: { state: 'closed', on: {} },
};
