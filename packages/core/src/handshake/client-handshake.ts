import { randomBytes } from 'node:crypto';
import { HandshakeError } from '../errors.ts';
import { defaultLimits } from '../limits.ts';
import { acceptKey } from './accept-key.ts';
import { formatExtensions, parseExtensions } from './extension.ts';
import { isReservedHeader } from './handshake-response.ts';
import type { HandshakeChoice, HeaderPair } from './handshake-response.ts';
import { listIncludes } from './header-list.ts';
import {
  deflateOffer,
  permessageDeflate,
  readDeflateResponse,
  type DeflateParameters,
  type DeflateWishes,
} from './permessage-deflate.ts';
import { formatProtocols } from './subprotocol.ts';
import { assertHeader, describeValue } from './token-grammar.ts';

/** The parts of the client's request that the server's answer is checked against. */
export interface ClientHandshake {
  /** Sec-WebSocket-Key, from {@link createKey}. */
  readonly key: string;
  /** The subprotocols offered, most preferred first. */
  readonly protocols: readonly string[];
  /** The preferences for permessage-deflate; `null` if it is not offered. */
  readonly deflate: DeflateWishes | null;
}

/** A server's answer, with its headers by lower-case name; an `http.IncomingMessage` with its `statusCode` fits. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Creates a Sec-WebSocket-Key: 16 random bytes in base64, fresh for each connection (RFC 6455 §4.1, item 7). */
export function createKey(): string {
  return randomBytes(16).toString('base64');
}

/**
 * The headers of a client's opening handshake (§4.1), all but Host.
 *
 * @param extraHeaders what the application adds, such as `Cookie` or `Origin`
 * @throws {SyntaxError} if a subprotocol is not a token or is given twice
 * @throws {TypeError} if an extra header is invalid or belongs to the handshake
 */
export function clientHeaders(
  { key, protocols, deflate }: ClientHandshake,
  extraHeaders: Iterable<readonly [name: string, value: string]> = [],
): HeaderPair[] {
  const headers: HeaderPair[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', '13'],
  ];
  if (deflate !== null) headers.push(['Sec-WebSocket-Extensions', formatExtensions([deflateOffer(deflate)])]);
  if (protocols.length > 0) headers.push(['Sec-WebSocket-Protocol', formatProtocols(protocols)]);
  for (const [name, value] of extraHeaders) {
    assertHeader(name, value);
    if (isReservedHeader(name)) throw new TypeError(`Invalid header ${name}: the handshake writes its own`);
    headers.push([name, value]);
  }
  return headers;
}

/**
 * Checks a server's answer (§4.1, "validate the server's response") and returns what it chose.
 *
 * @throws {HandshakeError} with the status of the answer, and the code
 *   - `WS_ERR_CONNECT_STATUS`: it is not 101
 *   - `WS_ERR_CONNECT_UPGRADE`, `WS_ERR_CONNECT_CONNECTION`: it does not switch to `websocket`
 *   - `WS_ERR_CONNECT_ACCEPT`: its Sec-WebSocket-Accept is not the one for this key
 *   - `WS_ERR_CONNECT_EXTENSIONS`: it uses an extension or a parameter that it may not choose
 *   - `WS_ERR_CONNECT_PROTOCOL`: it chose a subprotocol that was not offered, or more than one
 */
export function checkServerResponse(
  response: ServerAnswer,
  { key, protocols, deflate }: ClientHandshake,
): HandshakeChoice {
  const refuse = (code: string, message: string): HandshakeError => new HandshakeError(code, response.status, message);
  const { headers, status } = response;

  if (status !== 101) throw refuse('WS_ERR_CONNECT_STATUS', `Expected status 101, got ${status}`);
  if (headerValue(headers.upgrade)?.toLowerCase() !== 'websocket') {
    throw refuse('WS_ERR_CONNECT_UPGRADE', 'Expected Upgrade "websocket" in the answer');
  }
  if (!listIncludes([headerValue(headers.connection) ?? ''], 'upgrade')) {
    throw refuse('WS_ERR_CONNECT_CONNECTION', 'Expected Connection "upgrade" in the answer');
  }
  if (headerValue(headers['sec-websocket-accept']) !== acceptKey(key)) {
    throw refuse(
      'WS_ERR_CONNECT_ACCEPT',
      'Sec-WebSocket-Accept of the answer does not belong to our Sec-WebSocket-Key',
    );
  }
  const agreed = readExtensions(headerValue(headers['sec-websocket-extensions']) ?? '', deflate);
  if (typeof agreed === 'string') {
    throw refuse('WS_ERR_CONNECT_EXTENSIONS', `Sec-WebSocket-Extensions of the answer is refused: ${agreed}`);
  }
  // An empty value chooses no subprotocol.
  const protocol = headerValue(headers['sec-websocket-protocol']) ?? '';
  if (protocol === '' || protocols.includes(protocol)) return { protocol, deflate: agreed };
  throw refuse(
    'WS_ERR_CONNECT_PROTOCOL',
    `Expected one of the offered subprotocols in the answer, got ${describeValue(protocol)}`,
  );
}

/**
 * The parameters of the only extension that the answer may contain, `null` without one; or a text that says what is
 * wrong.
 */
function readExtensions(value: string, wishes: DeflateWishes | null): DeflateParameters | string | null {
  const extensions = parseExtensions([value], defaultLimits);
  if (extensions === null) return 'it is malformed (RFC 6455 §9.1)';
  const [response, ...others] = extensions;
  if (response === undefined) return null;
  if (wishes === null || response.name !== permessageDeflate) return `${describeValue(response.name)} was not offered`;
  return others.length === 0 ? readDeflateResponse(response, wishes) : 'it has more than one extension';
}

/** Several fields of one name are joined to one list, which then equals no single value. */
function headerValue(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
