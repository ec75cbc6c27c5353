import type { IncomingMessage } from 'node:http';

/** Decides on one Origin that is not the app's own; `request` has passed the app's middleware. */
export type OriginTest<Request extends IncomingMessage = IncomingMessage> = {
  // A method's parameters are bivariant, so that a test for a framework's own request type fits.
  test(origin: string, request: Request): boolean | Promise<boolean>;
}['test'];

/**
 * From where a browser may open a socket (RFC 6455 §10.2). The app's own origin always may, and so does a request
 * without Origin, which is not a browser's.
 *
 * - `'same-origin'`: no other (the default)
 * - a list of further origins, such as `'https://other.example'`; `'null'` only where it is in the list
 * - a function that decides
 * - `'any'`: every site on the web may, with the cookies of whoever visits it
 */
export type OriginRule<Request extends IncomingMessage = IncomingMessage> =
  | 'same-origin'
  | 'any'
  | readonly string[]
  | OriginTest<Request>;

/** Where the client believes to be: the scheme and the host, with its port unless that is the scheme's own. */
export interface Address {
  /** `http` or `https`; a proxy's `ws` and `wss` mean the same. */
  readonly scheme: string;
  readonly host: string | undefined;
}

const defaultPorts = new Map([
  ['http', '80'],
  ['https', '443'],
]);

/** What proxies call the scheme of an upgrade request. */
const schemeOf = new Map([
  ['ws', 'http'],
  ['wss', 'https'],
]);

/**
 * Brings an origin into the one form in which origins are compared: `scheme://host:port`, in lower case, with the
 * scheme's own port filled in. All else stays as it is, so that all else must be equal.
 *
 *     origin = scheme "://" host [ ":" port ]        ; RFC 6454 §6.2
 *
 * One more is there, as Arduino's WebSockets send it: `file://`, without a host.
 *
 * @returns `undefined` for what is none, such as a URL with a path or a user
 */
export function normaliseOrigin(origin: string): string | undefined {
  const schemeEnd = origin.indexOf('://');
  const scheme = origin.slice(0, Math.max(schemeEnd, 0)).toLowerCase();
  const authority = origin.slice(schemeEnd + 3).toLowerCase();
  if (!consistsOf(scheme, schemeCharacters)) return undefined;
  const portStart = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':');
  const host = portStart === -1 ? authority : authority.slice(0, portStart);
  const colonAndPort = authority.slice(host.length);
  const port = colonAndPort === '' ? (defaultPorts.get(scheme) ?? '') : colonAndPort.slice(1);
  if (scheme === 'file' && authority === '') return 'file://';
  if (!isHost(host) || (colonAndPort !== '' && (colonAndPort[0] !== ':' || !consistsOf(port, digits))))
    return undefined;
  return `${scheme}://${host}:${port}`;
}

const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyz';
const schemeCharacters = `${letters}${digits}+-.`;
const nameCharacters = `${letters}${digits}-._~`;
const addressCharacters = `${digits}abcdef:.`;

function consistsOf(text: string, characters: string): boolean {
  for (const character of text) {
    if (!characters.includes(character)) return false;
  }
  return text !== '';
}

function isHost(host: string): boolean {
  if (host.startsWith('[') && host.endsWith(']')) return consistsOf(host.slice(1, -1), addressCharacters);
  return consistsOf(host, nameCharacters);
}

/** As {@link normaliseOrigin}, for what a client has sent: React Native on Android has put a slash at the end. */
function normaliseReceived(origin: string): string | undefined {
  return normaliseOrigin(/[^/]\/$/.test(origin) ? origin.slice(0, -1) : origin);
}

/** Whether a client's Origin is that of the address at which it reached the app. */
export function isSameOrigin(origin: string, { scheme, host }: Address): boolean {
  if (host === undefined) return false;
  const lowerCase = scheme.toLowerCase();
  const own = normaliseOrigin(`${schemeOf.get(lowerCase) ?? lowerCase}://${host}`);
  return own !== undefined && normaliseReceived(origin) === own;
}

/**
 * Checks an `origin` option.
 *
 * @throws {TypeError} when it is none of the forms of {@link OriginRule}, or lists what is no origin
 */
export function assertOriginRule(rule: OriginRule): void {
  if (rule === 'same-origin' || rule === 'any' || typeof rule === 'function') return;
  if (!Array.isArray(rule)) {
    throw new TypeError(
      `Invalid option origin: expected 'same-origin', 'any', a list or a function, got ${typeof rule}`,
    );
  }
  for (const origin of rule as readonly unknown[]) {
    if (origin === 'null' || (typeof origin === 'string' && normaliseOrigin(origin) !== undefined)) continue;
    throw new TypeError(`Invalid option origin: expected scheme://host or scheme://host:port, got ${String(origin)}`);
  }
}

/** Whether a rule lets in a client's Origin that is not the app's own. */
export function isAllowedOrigin(
  rule: OriginRule,
  origin: string,
  request: IncomingMessage,
): boolean | Promise<boolean> {
  if (rule === 'same-origin') return false;
  if (rule === 'any') return true;
  if (typeof rule === 'function') return rule(origin, request);
  if (origin === 'null') return rule.includes('null');
  const normal = normaliseReceived(origin);
  return normal !== undefined && rule.some((allowed) => normaliseOrigin(allowed) === normal);
}
