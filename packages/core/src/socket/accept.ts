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
  /** The subprotocols that the server speaks, the favourite first, or a function that chooses. Default: none. */
  readonly protocols?: ProtocolChoice | undefined;
  /** Whether to compress messages with clients that can (RFC 7692), and how. Default: not. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Further headers of the 101. */
  readonly headers?: Iterable<readonly [name: string, value: string]> | undefined;
  /** Who the peer is, as the application names its users: the socket's `user`. Default: nobody. */
  readonly user?: string | undefined;
  /** The socket's `data`, which is the application's own. Default: an empty object. */
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
 * Accepts an upgrade: answers 101 and gives the open socket (RFC 6455 §4.2). Whether the request's origin and session
 * are welcome is the caller's to decide first.
 *
 * @throws {HandshakeError} when the request is not a valid opening handshake; nothing was written, so answer it with
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

/** How long a client that was refused may take to end the connection, in ms, until it is cut. */
const lingerTimeout = 1_000;

/**
 * Refuses an upgrade with the error's status, `Connection: close` and its message as the body, and ends the connection.
 */
export function reject(duplex: Duplex, error: HandshakeError): void {
  endAfter(duplex, formatRejection(error));
}

/**
 * Writes `text` and ends; what the client still sends is read and dropped, as an unread byte would reset the answer.
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
