/** A server under test: a script of `servers/`, and its environment. */
export interface Peer {
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** `ws-js`: without the native part of `bufferutil`. */
export const peers = {
  'raw-tcp': { script: 'raw-tcp' },
  ws: { script: 'ws' },
  'ws-js': { script: 'ws', env: { WS_NO_BUFFER_UTIL: '1' } },
  'express-ws': { script: 'express-ws' },
  turnout: { script: 'turnout' },
} satisfies Record<string, Peer>;

export type PeerName = keyof typeof peers;
