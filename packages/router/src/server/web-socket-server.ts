import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { CloseCode, type WebSocket } from '@turnout/core';
import { callback, readOptions, type OptionsFor } from '@turnout/core/options';

/** The events of a {@link WebSocketServer}, with the arguments of the `ws` package's. */
export interface WebSocketServerEvents {
  connection: [socket: WebSocket, request: IncomingMessage];
  /** The server was closed, and its last socket has gone. */
  close: [];
  /** For libraries that emit or await it; no server of ours does. */
  error: [error: Error];
}

export interface WebSocketServerOptions {
  /**
   * Chooses one of the subprotocols that a client offers, or `false` for none; not asked where none is offered.
   * Libraries may set it later, as graphql-ws does. Default: the first offered, as in `ws`.
   */
  handleProtocols?: ((offered: Set<string>, request: IncomingMessage) => string | false | undefined) | undefined;
}

const webSocketServerOptions = {
  handleProtocols: callback<NonNullable<WebSocketServerOptions['handleProtocols']>>(),
} satisfies OptionsFor<WebSocketServerOptions>;

type ConnectionListener = (...args: WebSocketServerEvents['connection']) => unknown;

/** Whether sockets are taken. `closing`: those that are open have still to go. */
type ServerState = 'running' | 'closing' | 'closed';

/**
 * Stands where a library wants the `WebSocketServer` of `ws`: it emits `connection` for each socket of the routes that
 * it is the handler of, and knows the sockets that are open. It listens on no port: routes bring the sockets, behind
 * the app's middleware and origin rule.
 */
export class WebSocketServer<Context = IncomingMessage> extends EventEmitter<WebSocketServerEvents> {
  readonly options: WebSocketServerOptions;
  /** The sockets that are open now. */
  readonly clients: Set<WebSocket>;
  readonly #open = new Set<WebSocket>();
  readonly #requestOf: (context: Context) => IncomingMessage;
  #state: ServerState = 'running';

  /** @param requestOf the request in what the framework gives to a handler */
  constructor(options: WebSocketServerOptions, requestOf: (context: Context) => IncomingMessage) {
    super();
    // Theirs to change: libraries set `handleProtocols` later.
    this.options = readOptions(webSocketServerOptions, options);
    this.clients = this.#open;
    this.#requestOf = requestOf;
  }

  /** The handler of a route. The promises that listeners of `connection` return are its own. */
  readonly handler = async (socket: WebSocket, context: Context): Promise<void> => {
    if (this.#state !== 'running') return socket.close(CloseCode.GoingAway);
    this.#open.add(socket);
    socket.on('close', () => this.#forget(socket));
    const request = this.#requestOf(context);
    // Not by emit(), whose listeners' rejections would reach nobody and end the process.
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
   * Takes no more sockets: those that come are closed with 1001. The ones that are open stay so, as in `ws`; `close` is
   * emitted when the last has gone.
   *
   * @param callback called then; with an error where the server was closed before
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
 * Creates what libraries written for `ws` take for a `WebSocketServer`, to be the handler of one route or several:
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
