import type { ClientOptions, WebSocketClass } from './client-options.ts';

type Numbers =
  | 'minDelay'
  | 'maxDelay'
  | 'connectTimeout'
  | 'maxQueued'
  | 'idleTimeout'
  | 'pongTimeout'
  | 'closeTimeout';

/** Options that were checked, with their defaults. */
export type Settings = Omit<ClientOptions, Numbers | 'WebSocket' | 'finalCodes'> & {
  readonly [Name in Numbers]: number;
} & { readonly WebSocket: WebSocketClass; readonly finalCodes: readonly number[] };

/** What a timer takes; a longer one would fire at once. */
export const longest = 2 ** 31 - 1;

const defaults: Readonly<Record<Numbers, number>> = {
  minDelay: 500,
  maxDelay: 30_000,
  connectTimeout: 10_000,
  maxQueued: 100,
  idleTimeout: 30_000,
  pongTimeout: 5_000,
  closeTimeout: 1_000,
};

/** @throws {TypeError} that names the option, what is expected and what it got */
export function settingsOf(options: ClientOptions): Settings {
  const { WebSocket } = globalThis;
  const others = { WebSocket, protocols: [], authenticate: undefined, sessionUrl: undefined, finalCodes: [] };
  const settings: Record<string, unknown> = { ...others, ...defaults };
  const names = Object.keys(settings);
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name)) throw new TypeError(`Unknown option ${name}: did you mean ${nearest(name, names)}?`);
    if (value !== undefined) {
      check(name, value);
      settings[name] = value;
    }
  }
  if (!settings['WebSocket']) throw new TypeError('No WebSocket: run npm i ws and pass its { WebSocket }');
  return settings as unknown as Settings;
}

function check(name: string, value: unknown): void {
  const least = name === 'maxQueued' ? 0 : 1;
  const isWithin = typeof value === 'number' && value >= least && value <= longest;
  const isEndless = value === Infinity && /Q|idle/.test(name);
  if (name in defaults) expect(isWithin || isEndless, name, `${least} to ${longest}`, value);
  if (name === 'finalCodes') expect(Array.isArray(value), name, 'a list', value);
  if (name === 'authenticate') expect(typeof value === 'function', name, 'a function', value);
}

function expect(isValid: boolean, name: string, expected: string, got: unknown): void {
  if (!isValid) throw new TypeError(`Invalid option ${name}: expected ${expected}, got ${got as string}`);
}

/** The name that shares most pairs of letters with another. */
function nearest(name: string, names: string[]): string | undefined {
  const shared = (other: string): number =>
    Array.from(name).filter((_, index) => other.includes(name.slice(index, index + 2))).length;
  return names.sort((one, other) => shared(other) - shared(one))[0];
}
