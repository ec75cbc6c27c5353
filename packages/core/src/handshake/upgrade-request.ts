import { HandshakeError } from '../errors.ts';
import { resolveLimits } from '../limits.ts';
import type { HandshakeLimits } from '../limits.ts';
import { isValidKey } from './accept-key.ts';
import { isAuthority } from './authority.ts';
import { parseExtensions } from './extension.ts';
import type { ExtensionOffer } from './extension.ts';
import { fieldValues, gatherFields } from './header-fields.ts';
import type { HeaderFields } from './header-fields.ts';
import { listIncludes } from './header-list.ts';
import { parseRequestTarget } from './request-target.ts';
import { parseProtocols } from './subprotocol.ts';
import { describeValue } from './token-grammar.ts';

/** What the opening handshake needs of an HTTP request; an `http.IncomingMessage` fits. */
export interface HandshakeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values in turn, as received: `['Host', 'example.com', …]`. */
  readonly rawHeaders: readonly string[];
}

/** A client's opening handshake that keeps every rule of RFC 6455 §4.2.1, or of RFC 8441 §5 over HTTP/2. */
export interface UpgradeRequest {
  /** The request target, unchanged: path and query. */
  target: string;
  host: string;
  /** Sec-WebSocket-Key; `null` over HTTP/2, which does not use it (RFC 8441 §5). */
  key: string | null;
  /** As received; `undefined` if the client is not a browser. The router decides which origins may connect. */
  origin: string | undefined;
  /** The subprotocols offered, the client's most preferred first. */
  protocols: string[];
  /** The extensions offered, the client's most preferred first; empty if the offer is malformed. */
  extensions: ExtensionOffer[];
}

/**
 * Whether a request asks to become a WebSocket: its Upgrade list contains `websocket` and its Connection list `upgrade`
 * (RFC 6455 §4.2.1), or over HTTP/2 its `:protocol` is `websocket` (RFC 8441 §5). {@link parseUpgradeRequest} may still
 * refuse it.
 */
export function isWebSocketUpgrade(request: Pick<HandshakeRequest, 'rawHeaders'>): boolean {
  const fields = gatherFields(request.rawHeaders);
  if (isExtendedConnect(fields)) return true;
  return asksFor(fields, 'upgrade', 'websocket') && asksFor(fields, 'connection', 'upgrade');
}

/**
 * Checks a client's opening handshake (RFC 6455 §4.2.1; over HTTP/2 RFC 8441 §5) and returns what it requests.
 *
 * @param options limits that differ from the defaults; `maxHeaders`, `maxTargetLength` (bytes) and `maxListLength`
 *   (bytes) apply here
 * @throws {HandshakeError} with the status to answer: 431 too many headers, 505 not HTTP/1.1, 405 not GET, 414 target
 *   too long, 426 not version 13, 400 for everything else
 * @throws {TypeError | RangeError} if an option is not a limit
 */
export function parseUpgradeRequest(request: HandshakeRequest, options: Partial<HandshakeLimits> = {}): UpgradeRequest {
  const limits = resolveLimits(options);
  assertHeaderCount(request.rawHeaders.length / 2, limits.maxHeaders);
  const fields = gatherFields(request.rawHeaders);
  const isHttp2 = isExtendedConnect(fields);
  if (!isHttp2) assertRequestLine(request);
  const hostField = isHttp2 ? ':authority' : 'host';
  const host = fieldValues(fields, hostField)[0];
  const target = parseRequestTarget(request.url ?? '', { host, maxTargetLength: limits.maxTargetLength });
  const authority = parseHost(fields, hostField);
  if (isHttp2) assertHostAgrees(fields, authority);
  assertNoBody(fields);
  if (!isHttp2) assertUpgrade(fields);
  assertVersion(fields);
  return {
    target,
    host: authority,
    key: isHttp2 ? null : parseKey(fields),
    origin: parseOrigin(fields),
    protocols: parseProtocols(fieldValues(fields, 'sec-websocket-protocol'), limits),
    // Compression is optional: a malformed offer is declined, as an unknown one is (RFC 7692 §5.1).
    extensions: parseExtensions(fieldValues(fields, 'sec-websocket-extensions'), limits) ?? [],
  };
}

function badRequest(code: string, message: string): HandshakeError {
  return new HandshakeError(code, 400, message);
}

function asksFor(fields: HeaderFields, name: string, token: string): boolean {
  return listIncludes(fieldValues(fields, name), token);
}

function assertHeaderCount(count: number, maxHeaders: number): void {
  if (count <= maxHeaders) return;
  throw new HandshakeError(
    'WS_ERR_HANDSHAKE_HEADERS',
    431,
    `Request has ${count} headers, more than ${maxHeaders} (maxHeaders)`,
  );
}

/** RFC 8441 §4: pseudo-header fields, which Node.js accepts only over HTTP/2, and each only once. */
function isExtendedConnect(fields: HeaderFields): boolean {
  return fieldValues(fields, ':method')[0] === 'CONNECT' && fieldValues(fields, ':protocol')[0] === 'websocket';
}

/** "The method of the request MUST be GET, and the HTTP version MUST be at least 1.1" (§4.1); HTTP/2 has no Upgrade. */
function assertRequestLine({ method = '', httpVersion }: HandshakeRequest): void {
  if (httpVersion !== '1.1') {
    const message = `A WebSocket requires HTTP version 1.1, got ${describeValue(httpVersion)}`;
    throw new HandshakeError('WS_ERR_HANDSHAKE_HTTP_VERSION', 505, message);
  }
  if (method !== 'GET') {
    const message = `A WebSocket requires method GET, got ${describeValue(method)}`;
    throw new HandshakeError('WS_ERR_HANDSHAKE_METHOD', 405, message, { Allow: 'GET' });
  }
}

function parseHost(fields: HeaderFields, name: 'host' | ':authority'): string {
  const values = fieldValues(fields, name);
  const [host] = values;
  const described = name === 'host' ? 'Host' : name;
  if (host === undefined || values.length > 1)
    throw badRequest('WS_ERR_HANDSHAKE_HOST', `Expected one ${described} header, got ${values.length}`);
  if (!isAuthority(host)) {
    const message = `${described} header is not a host name or address with an optional port`;
    throw badRequest('WS_ERR_HANDSHAKE_HOST', message);
  }
  return host;
}

const defaultPort = new Map([
  ['http', ':80'],
  ['https', ':443'],
]);

/**
 * "A server SHOULD treat a request as malformed if it contains a Host header field that identifies an entity that
 * differs from the entity in the ":authority" pseudo-header field" (RFC 9113 §8.3.1): a guard that reads one of them
 * must not check a different host than the other names.
 */
function assertHostAgrees(fields: HeaderFields, authority: string): void {
  const port = defaultPort.get(fieldValues(fields, ':scheme').join().toLowerCase());
  const normalise = (host: string): string => {
    const lowerCase = host.toLowerCase();
    return port !== undefined && lowerCase.endsWith(port) ? lowerCase.slice(0, -port.length) : lowerCase;
  };
  if (fieldValues(fields, 'host').every((host) => normalise(host) === normalise(authority))) return;
  throw badRequest('WS_ERR_HANDSHAKE_HOST', 'Host header differs from :authority');
}

/** The bytes after the headers are frames; a proxy could treat a body as such, or as the next request. */
function assertNoBody(fields: HeaderFields): void {
  const lengths = fieldValues(fields, 'content-length');
  if (lengths.length > 1 || (lengths[0] ?? '0') !== '0') {
    throw badRequest(
      'WS_ERR_HANDSHAKE_BODY',
      'An upgrade request has no body: expected no Content-Length, or one of 0',
    );
  }
  for (const name of ['Transfer-Encoding', 'Expect']) {
    if (!fields.has(name.toLowerCase())) continue;
    throw badRequest('WS_ERR_HANDSHAKE_BODY', `An upgrade request has no body: expected no ${name} header`);
  }
}

function assertUpgrade(fields: HeaderFields): void {
  if (!asksFor(fields, 'upgrade', 'websocket'))
    throw badRequest('WS_ERR_HANDSHAKE_UPGRADE', 'Expected an Upgrade header with "websocket"');
  if (asksFor(fields, 'connection', 'upgrade')) return;
  throw badRequest('WS_ERR_HANDSHAKE_CONNECTION', 'Expected a Connection header with "upgrade"');
}

/** §4.2.1 item 6, §4.4: the answer states the version that we support. */
function assertVersion(fields: HeaderFields): void {
  const versions = fieldValues(fields, 'sec-websocket-version');
  const [version] = versions;
  const code = 'WS_ERR_HANDSHAKE_VERSION';
  const ours = { 'Sec-WebSocket-Version': '13' };
  if (version === undefined) throw new HandshakeError(code, 400, 'Expected a Sec-WebSocket-Version header', ours);
  if (version === '13' && versions.length === 1) return;
  const received = versions.length === 1 ? describeValue(version) : `${versions.length} headers`;
  const message = `Expected one Sec-WebSocket-Version 13, got ${received}`;
  throw new HandshakeError(code, 426, message, { ...ours, Upgrade: 'websocket' });
}

function parseKey(fields: HeaderFields): string {
  const keys = fieldValues(fields, 'sec-websocket-key');
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw badRequest('WS_ERR_HANDSHAKE_KEY', `Expected one Sec-WebSocket-Key header, got ${keys.length}`);
  }
  if (!isValidKey(key)) throw badRequest('WS_ERR_HANDSHAKE_KEY', 'Sec-WebSocket-Key is not the base64 of 16 bytes');
  return key;
}

function parseOrigin(fields: HeaderFields): string | undefined {
  const origins = fieldValues(fields, 'origin');
  if (origins.length > 1)
    throw badRequest('WS_ERR_HANDSHAKE_ORIGIN', `Expected at most one Origin header, got ${origins.length}`);
  return origins[0];
}
