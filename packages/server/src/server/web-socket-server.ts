import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { CloseCode, type WebSocket } from '@turnout/core';
import { callback, readOptions, type OptionsFor } from '@turnout/core/options';

/** The events of a {@link WebSocketServer}, with the same arguments as in `ws`. */
export interface WebSocketServerEvents {
  connection: [socket: WebSocket, request: IncomingMessage];
  /** The server was closed, and its last socket has closed. */
  close: [];
  /** For libraries that emit it or listen for it; Turnout never emits it. */
  error: [error: Error];
}

export interface WebSocketServerOptions {
  /**
   * Chooses one of the subprotocols that a client offers, or `false` for none; not called if none is offered. Libraries
   * may set it later, as graphql-ws does. Default: the first offered, as in `ws`.
   */
  handleProtocols?: ((offered: Set<string>, request: IncomingMessage) => string | false | undefined) | undefined;
}

const webSocketServerOptions = {
  handleProtocols: callback<NonNullable<WebSocketServerOptions['handleProtocols']>>(),
} satisfies OptionsFor<WebSocketServerOptions>;

type ConnectionListener = (...args: WebSocketServerEvents['connection']) => unknown;

/** `running`: accepts sockets. `closing`: waits for the open ones to close. */
type ServerState = 'running' | 'closing' | 'closed';

/**
 * Stands in for the `WebSocketServer` of `ws`: it emits `connection` for each socket of the routes that it handles, and
 * knows the open sockets. It listens on no port: its sockets come from routes, after the app's middleware and origin
 * check.
 */
export class WebSocketServer<Context = IncomingMessage> extends EventEmitter<WebSocketServerEvents> {
  readonly options: WebSocketServerOptions;
  /** The sockets that are open now. */
  readonly clients: Set<WebSocket>;
  readonly #open = new Set<WebSocket>();
  readonly #requestOf: (context: Context) => IncomingMessage;
  #state: ServerState = 'running';

  /** @param requestOf returns the request for a handler's second argument */
  constructor(options: WebSocketServerOptions, requestOf: (context: Context) => IncomingMessage) {
    super();
    // A copy that libraries may change: they set `handleProtocols` later.
    this.options = readOptions(webSocketServerOptions, options);
    this.clients = this.#open;
    this.#requestOf = requestOf;
  }

  /** The handler of a route. It waits for the promises that listeners of `connection` return. */
  readonly handler = async (socket: WebSocket, context: Context): Promise<void> => {
    if (this.#state !== 'running') return socket.close(CloseCode.GoingAway);
    this.#open.add(socket);
    socket.on('close', () => this.#forget(socket));
    const request = this.#requestOf(context);
    // Not emit(): rejections of its listeners would be unhandled and end the process.
    const listeners = this.rawListeners('connection') as ConnectionListener[];
    await Promise.all(listeners.map((listen) => Promise.resolve(listen.call(this, socket, request))));
  };

  /** The option `protocols` of a route: chooses as `ws` does. */
  readonly protocols = (offered: readonly string[], request: IncomingMessage): string | false => {
    const [first] = offered;
    if (first === undefined) return false;
    const { handleProtocols } = this.options;
    return handleProtocols ? handleProtocols(new Set(offered), request) || false : first;
  };

  /**
   * Accepts no more sockets: new ones are closed with 1001. Open sockets stay open, as in `ws`; `close` is emitted when
   * the last has closed.
   *
   * @param callback called on `close`; with an error if the server was closed before
   */
  close(callback?: (error?: Error) => void): void {
    if (this.#state === 'closed') {
      if (callback) process.nextTick(callback, new Error('The server is not running'));
      return;
    }
    if (callback) this.once('close', callback);
    if (this.#state === 'closing') return;
    this.#state = 'closing';
    this.#settle();
  }

  #forget(socket: WebSocket): void {
    this.#open.delete(socket);
    if (this.#state === 'closing') this.#settle();
  }

  #settle(): void {
    if (this.#open.size > 0) return;
    this.#state = 'closed';
    process.nextTick(() => this.emit('close'));
  }
}

/**
 * Creates a stand-in for the `WebSocketServer` of `ws`, for libraries written for it, to be the handler of one or more
 * routes:
 *
 * ```ts
 * const server = createWebSocketServer();
 * applyWSSHandler({ wss: server as never, router: appRouter });
 * app.ws('/trpc', { protocols: server.protocols }, requireUser, server.handler);
 * ```
 */
export function createWebSocketServer(options: WebSocketServerOptions = {}): WebSocketServer {
  return new WebSocketServer(options, (request: IncomingMessage) => request);
}
