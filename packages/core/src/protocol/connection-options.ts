import type { MessageLimits } from '../message/message-assembler.ts';
import type { Role } from '../role.ts';
import type { MessagesAfterClose } from './connection-event.ts';
import type { AgreedDeflate } from './deflation.ts';

export interface ConnectionOptions {
  readonly role: Role;
  readonly limits?: Partial<MessageLimits> | undefined;
  /** What the handshake agreed on (RFC 7692). Default: nothing is compressed. */
  readonly deflate?: AgreedDeflate | null | undefined;
  /** What happens to messages that arrive after `close()`. Default `drop`. */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /**
   * Called when a message that was deflated or inflated off the event loop is ready: call `next()` and take the output.
   */
  readonly onReady?: (() => void) | undefined;
}
