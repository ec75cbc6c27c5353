import type { IncomingMessage } from 'node:http';

/** Decides on an Origin that is not the app's own; `request` has passed the app's middleware. */
export type OriginTest<Request extends IncomingMessage = IncomingMessage> = {
  // A method's parameters are bivariant, so a test for a framework's own request type fits.
  test(origin: string, request: Request): boolean | Promise<boolean>;
}['test'];

/**
 * Which origins may open a socket (RFC 6455 §10.2). The app's own origin always may, and so may a request without
 * Origin: it does not come from a browser.
 *
 * - `'same-origin'`: no other (the default)
 * - a list of further origins, such as `'https://other.example'`; `'null'` is allowed only if listed
 * - a function that decides
 * - `'any'`: every site on the web may, with its visitors' cookies
 */
export type OriginRule<Request extends IncomingMessage = IncomingMessage> =
  | 'same-origin'
  | 'any'
  | readonly string[]
  | OriginTest<Request>;

/** The origin that the client addressed: the scheme and the host, with its port unless it is the scheme's default. */
export interface Address {
  /** `http` or `https`; a proxy's `ws` and `wss` mean the same. */
  readonly scheme: string;
  readonly host: string | undefined;
}

const defaultPorts = new Map([
  ['http', '80'],
  ['https', '443'],
]);

/** Schemes that proxies give an upgrade request. */
const schemeOf = new Map([
  ['ws', 'http'],
  ['wss', 'https'],
]);

/**
 * Normalises an origin for comparison: `scheme://host:port`, in lower case, with the scheme's default port filled in.
 * Nothing else is changed.
 *
 *     origin = scheme "://" host [ ":" port ]        ; RFC 6454 §6.2
 *
 * `file://` without a host is accepted too: Arduino's WebSockets send it.
 *
 * @returns `undefined` if it is not an origin, such as a URL with a path or a user
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

/** Like {@link normaliseOrigin}, for a client's Origin header: React Native on Android appends a slash. */
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
 * @throws {TypeError} if it is not an {@link OriginRule}, or an entry of its list is not an origin
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

/** Whether a rule admits an Origin that is not the app's own. */
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
