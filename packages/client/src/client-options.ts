/** What the client needs of a WebSocket. Fits those of browsers, Node.js 22 and later, `ws` and `undici`. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: Sendable): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

/** Like the `CloseEvent` of browsers. */
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

/** Where to connect: an address, or a function that returns one for each attempt, for example with a new token. */
export type Address = string | URL | (() => string | URL | Promise<string | URL>);

export interface ClientOptions {
  /** Subprotocols, as for `WebSocket`. */
  readonly protocols?: string | string[] | undefined;
  /** The class to use. Default: the global one, which Node.js has since 22. */
  readonly WebSocket?: WebSocketClass | undefined;
  /**
   * Called with each new WebSocket, before subscriptions and queued messages are sent and before `open`; its result is
   * awaited. If it throws or rejects, the client emits `error` and tries again later. Messages that arrive meanwhile
   * are `message` events of the socket, and of the client too.
   */
  readonly authenticate?: ((socket: WebSocketLike) => unknown) | undefined;
  /**
   * Browsers do not reveal why a WebSocket was refused. After a failed attempt the client fetches this address, with
   * cookies: 401, 403 or a redirect (to a login page) means that the session has ended. Default: none.
   */
  readonly sessionUrl?: string | URL | undefined;
  /** More final close codes, besides 1000, 1002, 1007, 1008 and 3000: the client does not reconnect. Default: none. */
  readonly finalCodes?: readonly number[] | undefined;
  /** In ms, 1 to 2,147,483,647. The first wait before reconnecting is at most twice this. Default 500. */
  readonly minReconnectDelay?: number | undefined;
  /** In ms, 1 to 2,147,483,647. The longest wait before reconnecting. Default 30,000. */
  readonly maxReconnectDelay?: number | undefined;
  /**
   * In ms, 1 to 2,147,483,647. How long each step of an attempt may take: `url()`, the handshake, `authenticate`, and
   * fetching `sessionUrl`. Default 10,000.
   */
  readonly handshakeTimeout?: number | undefined;
  /** How many messages are queued while there is no connection: 0 or more, or `Infinity`. Default 100. */
  readonly maxQueuedMessages?: number | undefined;
  /**
   * In ms, 1 to 2,147,483,647, or `Infinity` for never. How long the server may be silent before the client pings it,
   * on a connection that subscribes to topics. Default 30,000.
   */
  readonly pingInterval?: number | undefined;
  /** In ms, 1 to 2,147,483,647. How long the server may stay silent while a pong is due. Default 5,000. */
  readonly pongTimeout?: number | undefined;
  /** In ms, 1 to 2,147,483,647. How long an abandoned connection may take to close. Default 1,000. */
  readonly closeTimeout?: number | undefined;
}
