import type { ProtocolError } from '../errors.ts';

/** How a connection ended. */
export interface CloseInfo {
  /**
   * The peer's close code; 1005 if its Close frame had no code, 1006 if it sent no Close frame. If we failed the
   * connection, the code that we failed it with.
   */
  readonly code: number;
  readonly reason: string;
  /** Whether both endpoints sent a Close frame (RFC 6455 §7.1.4). */
  readonly wasClean: boolean;
}

/** What `next()` returns. A peer's fault is an `error`, with our Close frame already in the output. */
export type ConnectionEvent =
  | { readonly type: 'message'; readonly data: Buffer; readonly isBinary: boolean }
  | { readonly type: 'ping' | 'pong'; readonly data: Buffer }
  | { readonly type: 'close' }
  | { readonly type: 'error'; readonly error: ProtocolError };

/** Whether messages that the peer sends after our Close frame are delivered to the application (RFC 6455 §5.5.1). */
export type MessagesAfterClose = 'drop' | 'deliver';
