import type { ClientOptions, WebSocketClass } from './client-options.ts';
import { expect } from './expect.ts';

type Numbers =
  | 'minReconnectDelay'
  | 'maxReconnectDelay'
  | 'handshakeTimeout'
  | 'maxQueuedMessages'
  | 'pingInterval'
  | 'pongTimeout'
  | 'closeTimeout';

/** Checked options with their defaults. */
export type Settings = Omit<ClientOptions, Numbers | 'WebSocket' | 'finalCodes'> & {
  readonly [Name in Numbers]: number;
} & { readonly WebSocket: WebSocketClass; readonly finalCodes: readonly number[] };

/** The longest timer, in ms; a longer one would fire at once. */
export const longest = 2 ** 31 - 1;

/** @throws {TypeError} that names the option, what was expected and what was passed */
export function settingsOf(options: ClientOptions): Settings {
  const { WebSocket } = globalThis;
  const settings: Record<string, unknown> = {
    WebSocket,
    protocols: undefined,
    authenticate: undefined,
    sessionUrl: undefined,
    finalCodes: [],
    minReconnectDelay: 500,
    maxReconnectDelay: 30_000,
    handshakeTimeout: 10_000,
    maxQueuedMessages: 100,
    pingInterval: 30_000,
    pongTimeout: 5_000,
    closeTimeout: 1_000,
  };
  for (const [name, value] of Object.entries(options)) {
    expect(Object.hasOwn(settings, name), 'option', Object.keys(settings).join(), name);
    if (value !== undefined) {
      check(name, value, settings[name]);
      settings[name] = value;
    }
  }
  expect(settings['WebSocket'], 'option WebSocket', 'that of npm i ws: { WebSocket }', undefined);
  return settings as unknown as Settings;
}

function check(name: string, value: unknown, usual: unknown): void {
  const what = `option ${name}`;
  if (typeof usual === 'number') {
    const least = /Q/.test(name) ? 0 : 1;
    const most = /Q|pingI/.test(name) ? Infinity : longest;
    expect(typeof value === 'number' && value >= least && value <= most, what, `${least} to ${most}`, value);
  }
  if (name === 'finalCodes') expect(Array.isArray(value), what, 'a list', value);
  if (name === 'authenticate') expect(typeof value === 'function', what, 'a function', value);
}
