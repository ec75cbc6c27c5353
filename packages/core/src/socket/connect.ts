import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { resolveDeflate, type DeflateSettings, type PerMessageDeflateOptions } from '../deflate/deflate-settings.ts';
import type { HandshakeError } from '../errors.ts';
import { checkServerResponse, clientHeaders, createKey, type ClientHandshake } from '../handshake/client-handshake.ts';
import { connectionLimitOptions, limitOptions, limitsAmong, type HandshakeLimits } from '../limits.ts';
import type { OptionsFor } from '../options/option.ts';
import { readOptions } from '../options/read-options.ts';
import { checked, object, texts } from '../options/value.ts';
import { ConnectError } from './connect-error.ts';
import { socketOptions, type SocketOptions, type WebSocketOptions } from './websocket-options.ts';
import { WebSocket } from './websocket.ts';

export interface ConnectOptions extends SocketOptions<WebSocket>, Partial<Pick<HandshakeLimits, 'handshakeTimeout'>> {
  /** The subprotocols to offer, most preferred first. Default: none. */
  readonly protocols?: string | readonly string[] | undefined;
  /** Whether and how to offer compression (RFC 7692). Default: off. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Further headers of the request, such as `Origin` or `Authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Cookies by name, sent as they are. */
  readonly cookies?: Readonly<Record<string, string>> | undefined;
  /** TLS options of a `wss:` connection, such as `ca`. */
  readonly tls?: ConnectionOptions | undefined;
  /** A connection to use instead of dialling one, for example through a proxy. It must do its own TLS. */
  readonly connection?: Duplex | undefined;
}

export const connectOptions = {
  ...connectionLimitOptions,
  handshakeTimeout: limitOptions.handshakeTimeout,
  ...socketOptions,
  protocols: texts<string | readonly string[]>(),
  perMessageDeflate: checked<boolean | PerMessageDeflateOptions>('a boolean or an object', resolveDeflate),
  headers: object<Readonly<Record<string, string>>>(),
  cookies: object<Readonly<Record<string, string>>>(),
  tls: object<ConnectionOptions>(),
  connection: object<Duplex>('a Duplex'),
} satisfies OptionsFor<ConnectOptions>;

/** How much of a refusal's body is kept, in bytes. */
const maxBodyLength = 64 * 1024;

/**
 * Dials a server and resolves with the open socket (RFC 6455 §4.1). Redirects are not followed.
 *
 * Rejects with a {@link ConnectError}: with the server's status, headers and body if it answers anything but a valid
 * 101; with the network's error code (`ECONNREFUSED`…) if it cannot connect; with `WS_ERR_CONNECT_TIMEOUT` after
 * `handshakeTimeout` ms (10,000 by default).
 * Rejects with a `TypeError`, `SyntaxError` or `RangeError` on an invalid address or option.
 *
 * @param url `ws:`, `wss:`, `http:` or `https:`
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<WebSocket> {
  const target = parseUrl(url);
  readOptions(connectOptions, options);
  const { handshakeTimeout } = limitsAmong(options);
  const own = ownOptions(target, options);
  const settings = resolveDeflate(options.perMessageDeflate);
  const handshake = createHandshake(options.protocols ?? [], settings);
  const request = dial(target, handshake, options);
  return new Promise((resolve, reject) => {
    const fail = (error: ConnectError): void => {
      clearTimeout(timer);
      request.destroy();
      reject(error);
    };
    const timer =
      handshakeTimeout === Infinity
        ? undefined
        : setTimeout(() => {
            fail(
              new ConnectError('WS_ERR_CONNECT_TIMEOUT', `No answer within handshakeTimeout ${handshakeTimeout} ms`),
            );
          }, handshakeTimeout);
    request.on('error', (error: NodeJS.ErrnoException) => {
      fail(new ConnectError(error.code!, `Cannot connect: ${error.message}`, { cause: error }));
    });
    request.on('response', (response) => readRefusal(response, handshake, fail));
    request.on('upgrade', (response, duplex, head) => {
      try {
        const { protocol, deflate: parameters } = checkServerResponse(answerOf(response), handshake);
        clearTimeout(timer);
        const deflate = parameters && settings && { parameters, settings };
        resolve(openSocket(duplex, { ...own, protocol, deflate, head }));
      } catch (error) {
        duplex.destroy();
        fail(connectError(error as HandshakeError, response));
      }
    });
    request.end();
  });
}

/** The socket options that are known before dialling. */
function ownOptions({ href }: URL, options: ConnectOptions): WebSocketOptions<WebSocket> {
  const { onError, messagesAfterClose, rate } = options;
  return { role: 'client', limits: limitsAmong(options), onError, messagesAfterClose, rate, url: href };
}

function createHandshake(protocols: string | readonly string[], settings: DeflateSettings | null): ClientHandshake {
  const list = typeof protocols === 'string' ? [protocols] : protocols;
  return { key: createKey(), protocols: list, deflate: settings && settings.wishes };
}

function parseUrl(url: string | URL): URL {
  const target = new URL(url);
  if (target.protocol === 'http:') target.protocol = 'ws:';
  if (target.protocol === 'https:') target.protocol = 'wss:';
  if (target.protocol !== 'ws:' && target.protocol !== 'wss:') {
    throw new SyntaxError(`Invalid address: expected ws:, wss:, http: or https:, got ${target.protocol}`);
  }
  if (target.hash !== '') throw new SyntaxError('Invalid address: expected no fragment (RFC 6455 §3)');
  return target;
}

function dial(target: URL, handshake: ClientHandshake, options: ConnectOptions): ClientRequest {
  const extra = Object.entries(options.headers ?? {});
  const cookies = Object.entries(options.cookies ?? {});
  if (cookies.length > 0) extra.push(['Cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; ')]);
  const isSecure = target.protocol === 'wss:';
  const { connection } = options;
  return (isSecure && connection === undefined ? requestHttps : requestHttp)({
    ...options.tls,
    // An agent takes precedence over `createConnection` in Node.js.
    ...(connection === undefined ? { agent: false } : { createConnection: () => connection }),
    host: target.hostname.replace(/^\[|\]$/g, ''),
    port: target.port || (isSecure ? 443 : 80),
    path: target.pathname + target.search,
    headers: Object.fromEntries([['Host', target.host], ...clientHeaders(handshake, extra)]),
  });
}

function openSocket(duplex: Duplex, options: ConstructorParameters<typeof WebSocket>[1]): WebSocket {
  if (duplex instanceof Socket) duplex.setTimeout(0).setNoDelay(true);
  return new WebSocket(duplex, options);
}

/** An answer without an upgrade: its body may say why. */
function readRefusal(response: IncomingMessage, handshake: ClientHandshake, fail: (error: ConnectError) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const done = (): void => {
    try {
      checkServerResponse(answerOf(response), handshake);
    } catch (error) {
      fail(connectError(error as HandshakeError, response, Buffer.concat(chunks).toString()));
    }
  };
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxBodyLength) chunks.push(chunk);
    else done();
  });
  response.on('end', done);
  response.on('error', done);
}

function answerOf(response: IncomingMessage): { status: number; headers: IncomingMessage['headers'] } {
  return { status: response.statusCode!, headers: response.headers };
}

function connectError({ code, message }: HandshakeError, response: IncomingMessage, body = ''): ConnectError {
  return new ConnectError(code, message, { ...answerOf(response), body });
}
