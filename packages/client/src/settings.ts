import type { ClientOptions, WebSocketClass } from './client-options.ts';

type Numbers =
  | 'minDelay'
  | 'maxDelay'
  | 'connectTimeout'
  | 'maxQueued'
  | 'idleTimeout'
  | 'pongTimeout'
  | 'wakeTimeout'
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
  pongTimeout: 10_000,
  wakeTimeout: 3_000,
  closeTimeout: 1_000,
};

/** @throws {TypeError} that names the option, what is expected and what it got */
export function settingsOf(options: ClientOptions): Settings {
  const { WebSocket } = globalThis;
  const others = { WebSocket, protocols: [], authenticate: undefined, sessionUrl: undefined, finalCodes: [] };
  const settings: Record<string, unknown> = { ...others, ...defaults };
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(settings, name))
      throw new TypeError(`Unknown option ${name}: did you mean ${nearest(name, Object.keys(settings))}?`);
    if (value !== undefined) settings[name] = value;
  }
  for (const name of Object.keys(defaults)) check(name, settings[name]);
  if (!settings['WebSocket'])
    throw new TypeError('No WebSocket: before Node.js 22, run npm i ws, and pass { WebSocket } of it');
  return settings as unknown as Settings;
}

function check(name: string, value: unknown): void {
  const least = name === 'maxQueued' ? 0 : 1;
  const isTime = typeof value === 'number' && value >= least && value <= longest;
  if (isTime || (value === Infinity && /Q|idle/.test(name))) return;
  throw new RangeError(`Invalid option ${name}: expected ${least} to ${longest}, got ${String(value)}`);
}

/** The name that shares most pairs of letters with another. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const shared = (other: string): number =>
    Array.from(name).filter((_, index) => other.includes(name.slice(index, index + 2))).length;
  return [...names].sort((one, other) => shared(other) - shared(one))[0];
}
