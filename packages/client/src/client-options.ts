/** What a WebSocket must have: browsers' own, that of Node.js 22 and later, those of `ws` and `undici`. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: Sendable): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

/** As browsers' `CloseEvent`. */
export interface ClosedEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/**
 * Why an attempt failed: what `url()`, `authenticate()` or the class `WebSocket` threw, or which step took too long.
 */
export interface FailedEvent extends Event {
  readonly error: unknown;
}

export type Sendable = string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob;

export type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** Where to connect to: an address, or a function that gives one for each attempt, such as with a new token. */
export type Address = string | URL | (() => string | URL | Promise<string | URL>);

export interface ClientOptions {
  /** Subprotocols, as of `WebSocket`. */
  readonly protocols?: string | string[] | undefined;
  /** The class to use. Default: the global one, which Node.js has from 22 on. */
  readonly WebSocket?: WebSocketClass | undefined;
  /**
   * Called with each new WebSocket, before anything subscribed or queued is sent and before `open`; what it returns is
   * waited for. When it throws or rejects, an `error` event tells, and the client tries again later. Messages that come
   * meanwhile are `message` events of the socket, and of the client too.
   */
  readonly authenticate?: ((socket: WebSocketLike) => unknown) | undefined;
  /**
   * Browsers do not reveal why a WebSocket was refused. After a failed attempt this address is fetched, with cookies:
   * 401, 403 or a redirect, to a login page, says that the session has ended. Default: none.
   */
  readonly sessionUrl?: string | URL | undefined;
  /** Close codes after which the client does not reconnect, beside 1000, 1002, 1007, 1008 and 3000. Default: none. */
  readonly finalCodes?: readonly number[] | undefined;
  /** In ms, 1 to 2,147,483,647. The first wait before reconnecting is up to twice as long. Default 500. */
  readonly minDelay?: number | undefined;
  /** In ms, 1 to 2,147,483,647. Default 30,000. */
  readonly maxDelay?: number | undefined;
  /**
   * In ms, 1 to 2,147,483,647. How long each step of an attempt may take: `url()`, the handshake, `authenticate`, and
   * fetching `sessionUrl`. Default 10,000.
   */
  readonly connectTimeout?: number | undefined;
  /** How many messages wait while there is no connection: 0 or more, or `Infinity`. Default 100. */
  readonly maxQueued?: number | undefined;
  /**
   * In ms, 1 to 2,147,483,647, or `Infinity` for never. How long the server may be silent before it is sent a ping, on
   * a connection that subscribes to topics. Default 30,000.
   */
  readonly idleTimeout?: number | undefined;
  /** In ms, 1 to 2,147,483,647. How long nothing may come after a ping, until its answer. Default 5,000. */
  readonly pongTimeout?: number | undefined;
  /** In ms, 1 to 2,147,483,647. How long a connection that is given up may take to close. Default 1,000. */
  readonly closeTimeout?: number | undefined;
}
