import type { Role } from '../role.ts';
import { resolveLimits, type ConnectionLimits } from '../limits.ts';
import type { MessagesAfterClose } from '../protocol/connection-event.ts';
import type { AgreedDeflate } from '../protocol/deflation.ts';
import { oneOf } from '../options/choice.ts';
import type { OptionsFor } from '../options/option.ts';
import { callback, checked, object, value, text } from '../options/value.ts';
import type { ErrorHook, ErrorPhase } from './error-hook.ts';
import type { MessageRate } from './message-rate.ts';

/** How a message is sent; the names of `ws`. */
export interface SendOptions {
  /** Text or binary frame. Default: binary for bytes, text for a string. */
  readonly binary?: boolean | undefined;
  /** `false` where further fragments of the same message follow. Default `true`. */
  readonly fin?: boolean | undefined;
  /** `false` where compressing it, if that was agreed on, would be of no use. Default `true`. */
  readonly compress?: boolean | undefined;
}

/** Where an error of the application's code came up. */
export interface ErrorContext<Socket> {
  readonly phase: ErrorPhase;
  readonly socket: Socket;
}

/** What whoever accepts or dials may set. */
export interface SocketOptions<Socket> extends Partial<ConnectionLimits> {
  /** Told of every error that a listener throws or rejects with. Default: it is printed. */
  readonly onError?: ErrorHook<ErrorContext<Socket>> | undefined;
  /**
   * Whether messages that come after `close()` was called, and before the peer's Close frame, are dropped or given to
   * whoever reads (RFC 6455 §5.5.1). Default `drop`.
   */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /** How fast the peer may send messages. Sockets with the same one share it. Default: as fast as it likes. */
  readonly rate?: MessageRate | undefined;
}

/** What {@link SocketOptions} has beside limits. */
export const socketOptions = {
  onError: callback<ErrorHook<ErrorContext<unknown>>>(),
  messagesAfterClose: oneOf<MessagesAfterClose, undefined>(['drop', 'deliver'], undefined),
  rate: value<MessageRate>('a MessageRate', isMessageRate),
};

/** It may be that of another copy of this package. */
function isMessageRate(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'count' in given && 'fault' in given;
}

export interface WebSocketOptions<Socket, Data = unknown> {
  readonly role: Role;
  /** Default: `defaultLimits`. What `resolveLimits()` gave is shared, not copied. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** As in {@link SocketOptions}. */
  readonly onError?: ErrorHook<ErrorContext<Socket>> | undefined;
  /** As in {@link SocketOptions}. */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /** As in {@link SocketOptions}. */
  readonly rate?: MessageRate | undefined;
  /**
   * Asked before each message is handed on, while nothing more is read: `false` drops the message. What it rejects with
   * is a fault of the application. Default: every message is handed on at once.
   */
  readonly admitMessage?: (() => Promise<boolean>) | undefined;
  /** What the handshake agreed on (RFC 7692). Default: nothing is compressed. */
  readonly deflate?: AgreedDeflate | null | undefined;
  /** The subprotocol that the handshake chose. Default: none, `''`. */
  readonly protocol?: string | undefined;
  /** Who the peer is, as the application names its users. Default: nobody. */
  readonly user?: string | undefined;
  /** The application's own state of the socket. Default: an empty object. */
  readonly data?: Data | undefined;
  /** The address that a client dialled. Default `''`. */
  readonly url?: string | undefined;
  /** Bytes that came behind the opening handshake. */
  readonly head?: Buffer | undefined;
}

export const webSocketOptions = {
  ...socketOptions,
  role: oneOf<Role, undefined>(['server', 'client'], undefined),
  limits: checked<Partial<ConnectionLimits>>('limits', resolveLimits),
  admitMessage: callback<() => Promise<boolean>>(),
  deflate: value<AgreedDeflate | null>('what agreeOnDeflate() gave', (given) => typeof given === 'object'),
  protocol: text(undefined),
  user: text(undefined),
  data: value<unknown>('any value', () => true),
  url: text(undefined),
  head: object<Buffer>('a Buffer'),
} satisfies OptionsFor<WebSocketOptions<never>>;
