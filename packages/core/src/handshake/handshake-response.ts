import type { HandshakeError } from '../errors.ts';
import { acceptKey } from './accept-key.ts';
import { formatExtensions } from './extension.ts';
import { deflateResponse, type DeflateParameters } from './permessage-deflate.ts';
import { reasonPhrase } from './reason-phrase.ts';
import { assertOffered } from './subprotocol.ts';
import { assertHeader } from './token-grammar.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

/** A header's name and value. */
export type HeaderPair = [name: string, value: string];

/** Headers that describe this connection only (RFC 9110 §7.6.1, RFC 2616 §13.5.1), or a body. */
const connectionHeaders = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers of a refusal that {@link formatRejection} writes itself, or that would contradict them. */
const rejectionHeaders = new Set(['connection', 'content-length', 'content-type', 'transfer-encoding', 'trailer']);

/**
 * Whether a header belongs to the handshake itself, so that an application must not add one of that name to the 101.
 */
export function isReservedHeader(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return connectionHeaders.has(lowerCase) || lowerCase.startsWith('sec-websocket-');
}

/** What a server has chosen from the client's offers. */
export interface HandshakeChoice {
  /** The subprotocol; `''` for none. */
  readonly protocol: string;
  /** The agreed parameters of permessage-deflate; `null` if it was not accepted. */
  readonly deflate: DeflateParameters | null;
}

/**
 * The headers of the answer that accepts: 101 (RFC 6455 §4.2.2, step 5), or over HTTP/2 200, which has no headers about
 * the connection (RFC 8441 §5).
 *
 * @throws {HandshakeError} 500 if the client did not offer the protocol
 */
export function acceptHeaders(upgrade: UpgradeRequest, { protocol, deflate }: HandshakeChoice): HeaderPair[] {
  const headers: HeaderPair[] = [];
  if (upgrade.key !== null) {
    headers.push(['Upgrade', 'websocket'], ['Connection', 'Upgrade']);
    headers.push(['Sec-WebSocket-Accept', acceptKey(upgrade.key)]);
  }
  if (deflate !== null) headers.push(['Sec-WebSocket-Extensions', formatExtensions([deflateResponse(deflate)])]);
  if (protocol === '') return headers;
  assertOffered(upgrade.protocols, protocol);
  headers.push(['Sec-WebSocket-Protocol', protocol]);
  return headers;
}

/**
 * Formats the 101 that accepts a handshake: everything up to the first frame. Write it as `latin1`.
 *
 * @param extraHeaders what the app adds, such as `Set-Cookie`
 * @throws {HandshakeError} 500 if the client did not offer the protocol
 * @throws {TypeError} if an extra header is invalid or {@link isReservedHeader}
 */
export function formatAcceptResponse(
  upgrade: UpgradeRequest,
  choice: HandshakeChoice,
  extraHeaders: Iterable<readonly [name: string, value: string]> = [],
): string {
  let head = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (const [name, value] of acceptHeaders(upgrade, choice)) head += `${name}: ${value}\r\n`;
  for (const [name, value] of extraHeaders) {
    assertHeader(name, value);
    if (isReservedHeader(name)) throw new TypeError(`Invalid header ${name}: the handshake writes its own`);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

/**
 * Formats the answer that refuses a handshake, head and body: the error's status and headers, `Connection: close`, and
 * its message as plain text. Write it as `utf8`, the default of a stream.
 *
 * @throws {RangeError} if the error's status is not a whole number of 300 to 599
 * @throws {TypeError} if a header of the error is invalid, is not ASCII, or is one that this function writes
 */
export function formatRejection(error: HandshakeError): string {
  const { status, message } = error;
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw new RangeError(`Invalid status: expected a whole number of 300 to 599, got ${status}`);
  }
  const body = `${message}\n`;
  let extra = '';
  let connection = 'close';
  for (const [name, value] of Object.entries(error.headers)) {
    const lowerCase = assertRejectionHeader(name, value);
    // "A sender of Upgrade MUST also send an "Upgrade" connection option" (RFC 9110 §7.8)
    if (lowerCase === 'upgrade') connection = 'close, Upgrade';
    extra += `${name}: ${value}\r\n`;
  }
  return (
    `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n` +
    `Connection: ${connection}\r\n` +
    'Content-Type: text/plain; charset=utf-8\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n` +
    `${extra}\r\n${body}`
  );
}

/** Checks one header of a refusal; returns its name in lower case. */
function assertRejectionHeader(name: string, value: string): string {
  assertHeader(name, value);
  // Head and body are one text in UTF-8, where a character above ASCII would be two bytes.
  if (Buffer.byteLength(value) !== value.length) throw new TypeError(`Invalid value of header ${name}: expected ASCII`);
  const lowerCase = name.toLowerCase();
  if (rejectionHeaders.has(lowerCase)) throw new TypeError(`Invalid header ${name}: the refusal writes its own`);
  return lowerCase;
}
