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

export type Sendable = string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob;

export type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocketLike;

export interface ClientOptions {
  /** Subprotocols, as of `WebSocket`. */
  readonly protocols?: string | string[];
  /** Default: the global one, which Node.js has from 22 on. */
  readonly WebSocket?: WebSocketClass;
  /**
   * A page tells nobody why its WebSocket was refused. This address is fetched then: 401, 403 or a redirect, to a login
   * page, say that the session has ended. Default: none.
   */
  readonly sessionUrl?: string;
  /** In ms. The first wait before connecting again is up to twice as long. Default 500. */
  readonly minDelay?: number;
  /** In ms. Default 30,000. */
  readonly maxDelay?: number;
  /** How long, in ms, connecting may take. Default 10,000. */
  readonly connectTimeout?: number;
  /** How many messages wait while there is no connection. Default 100. */
  readonly maxQueued?: number;
  /**
   * How long, in ms, nothing may come before the server is asked whether it is there, where topics are subscribed to.
   * Default 30,000; `Infinity` for never.
   */
  readonly idleTimeout?: number;
  /** How long, in ms, it may take to answer. Default 10,000. */
  readonly pongTimeout?: number;
}
