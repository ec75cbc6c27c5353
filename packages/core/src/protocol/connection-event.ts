import type { ProtocolError } from '../errors.ts';

/** How a connection ended. */
export interface CloseInfo {
  /**
   * The peer's close code; 1005 where its Close frame had none, 1006 where none came. A connection that we failed has
   * the code that we failed it with.
   */
  readonly code: number;
  readonly reason: string;
  /** Whether a Close frame went both ways (RFC 6455 §7.1.4). */
  readonly wasClean: boolean;
}

/** What `next()` gives. A peer's fault comes as `error`, with our Close frame already in the output. */
export type ConnectionEvent =
  | { readonly type: 'message'; readonly data: Buffer; readonly isBinary: boolean }
  | { readonly type: 'ping' | 'pong'; readonly data: Buffer }
  | { readonly type: 'close' }
  | { readonly type: 'error'; readonly error: ProtocolError };

/** Whether messages that the peer sends after our Close frame are given to the application (RFC 6455 §5.5.1). */
export type MessagesAfterClose = 'drop' | 'deliver';
