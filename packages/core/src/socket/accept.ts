import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { resolveDeflate, type PerMessageDeflateOptions } from '../deflate/deflate-settings.ts';
import type { HandshakeError } from '../errors.ts';
import { formatAcceptResponse, formatRejection } from '../handshake/handshake-response.ts';
import { chooseProtocol, type ProtocolChoice } from '../handshake/subprotocol.ts';
import { parseUpgradeRequest } from '../handshake/upgrade-request.ts';
import { limitOptions, limitsAmong, type HandshakeLimits } from '../limits.ts';
import type { OptionsFor } from '../options/option.ts';
import { readOptions } from '../options/read-options.ts';
import { checked, value, text } from '../options/value.ts';
import { agreeOnDeflate } from '../protocol/deflation.ts';
import { socketOptions, type SocketOptions } from './websocket-options.ts';
import { WebSocket } from './websocket.ts';

/** The upgrade as `http.Server` gives it to an `upgrade` listener. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly duplex: Duplex;
  readonly head: Buffer;
}

export interface AcceptOptions<Data = WebSocket['data']> extends SocketOptions<WebSocket>, Partial<HandshakeLimits> {
  /** The subprotocols that the server speaks, most preferred first, or a function that chooses. Default: none. */
  readonly protocols?: ProtocolChoice | undefined;
  /** Whether and how to compress messages with clients that offer it (RFC 7692). Default: off. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Further headers of the 101. */
  readonly headers?: Iterable<readonly [name: string, value: string]> | undefined;
  /** The application's name for the user: the socket's `user`. Default: `undefined`. */
  readonly user?: string | undefined;
  /** The socket's `data`, for the application's use. Default: an empty object. */
  readonly data?: Data | undefined;
}

export const acceptOptions = {
  ...limitOptions,
  ...socketOptions,
  protocols: value<ProtocolChoice>(
    'a list or a function',
    (given) => Array.isArray(given) || typeof given === 'function',
  ),
  perMessageDeflate: checked<boolean | PerMessageDeflateOptions>('a boolean or an object', resolveDeflate),
  headers: value<Iterable<readonly [string, string]>>('pairs of a name and a value', isIterable),
  user: text(undefined),
  data: value<unknown>('any value', () => true),
} satisfies OptionsFor<AcceptOptions>;

function isIterable(given: unknown): boolean {
  return typeof given === 'object' && given !== null && Symbol.iterator in given;
}

/**
 * Accepts an upgrade: answers 101 and returns the open socket (RFC 6455 §4.2). The caller must check the request's
 * origin and session before.
 *
 * @throws {HandshakeError} if the request is not a valid opening handshake; nothing was written, so answer it with
 *   {@link reject}
 * @throws {TypeError | RangeError} on an invalid option or header; nothing was written
 */
export function accept<Data = WebSocket['data']>(
  { request, duplex, head }: Upgrade,
  options: AcceptOptions<Data> = {},
): WebSocket<Data> {
  readOptions(acceptOptions, options);
  const limits = limitsAmong(options);
  const upgrade = parseUpgradeRequest(request, limits);
  const protocol = chooseProtocol(upgrade.protocols, options.protocols ?? []);
  const deflate = agreeOnDeflate(upgrade.extensions, resolveDeflate(options.perMessageDeflate));
  const choice = { protocol, deflate: deflate && deflate.parameters };
  const response = formatAcceptResponse(upgrade, choice, options.headers);
  const socket = new WebSocket<Data>(duplex, {
    role: 'server',
    limits,
    onError: options.onError,
    messagesAfterClose: options.messagesAfterClose,
    rate: options.rate,
    user: options.user,
    data: options.data,
    protocol,
    deflate,
    head,
  });
  duplex.write(response, 'latin1');
  return socket;
}

/** Time, in ms, for a refused client to end the connection; after it the connection is destroyed. */
const lingerTimeout = 1_000;

/**
 * Refuses an upgrade with the error's status, `Connection: close` and its message as the body, and ends the connection.
 */
export function reject(duplex: Duplex, error: HandshakeError): void {
  endAfter(duplex, formatRejection(error));
}

/**
 * Writes `text` and ends. What the client still sends is read and dropped: unread bytes would make TCP reset the
 * connection, and the answer be lost.
 */
function endAfter(duplex: Duplex, text: string): void {
  const timer = setTimeout(() => duplex.destroy(), lingerTimeout);
  duplex
    .on('error', () => duplex.destroy())
    .on('close', () => clearTimeout(timer))
    .on('end', () => duplex.destroy())
    .resume()
    .end(text);
}
