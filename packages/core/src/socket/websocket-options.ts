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
  /** `false` if further fragments of the same message follow. Default `true`. */
  readonly fin?: boolean | undefined;
  /** `false` to send it uncompressed even if compression was agreed on. Default `true`. */
  readonly compress?: boolean | undefined;
}

/** Where an error of the application's code occurred. */
export interface ErrorContext<Socket> {
  readonly phase: ErrorPhase;
  readonly socket: Socket;
}

/** The options of both accepting and dialling. */
export interface SocketOptions<Socket> extends Partial<ConnectionLimits> {
  /** Called with every error that a listener throws or rejects with. Default: prints it. */
  readonly onError?: ErrorHook<ErrorContext<Socket>> | undefined;
  /**
   * Whether messages that arrive between a call of `close()` and the peer's Close frame are dropped or delivered (RFC
   * 6455 §5.5.1). Default `drop`.
   */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /** How fast the peer may send messages. Sockets with the same object share it. Default: no limit. */
  readonly rate?: MessageRate | undefined;
}

/** The members of {@link SocketOptions} that are not limits. */
export const socketOptions = {
  onError: callback<ErrorHook<ErrorContext<unknown>>>(),
  messagesAfterClose: oneOf<MessagesAfterClose, undefined>(['drop', 'deliver'], undefined),
  rate: value<MessageRate>('a MessageRate', isMessageRate),
};

/** It may come from another copy of this package. */
function isMessageRate(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'count' in given && 'fault' in given;
}

export interface WebSocketOptions<Socket, Data = unknown> {
  readonly role: Role;
  /** Default: `defaultLimits`. The result of `resolveLimits()` is shared, not copied. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** As in {@link SocketOptions}. */
  readonly onError?: ErrorHook<ErrorContext<Socket>> | undefined;
  /** As in {@link SocketOptions}. */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /** As in {@link SocketOptions}. */
  readonly rate?: MessageRate | undefined;
  /**
   * Asked before each message is delivered, while reading pauses: `false` drops the message. A rejection is a fault of
   * the application. Default: every message is delivered immediately.
   */
  readonly admitMessage?: (() => Promise<boolean>) | undefined;
  /** What the handshake agreed on (RFC 7692). Default: nothing is compressed. */
  readonly deflate?: AgreedDeflate | null | undefined;
  /** The subprotocol that the handshake chose. Default: none, `''`. */
  readonly protocol?: string | undefined;
  /** The application's name for the user. Default: `undefined`. */
  readonly user?: string | undefined;
  /** The application's own state for the socket. Default: an empty object. */
  readonly data?: Data | undefined;
  /** The address that a client dialled. Default `''`. */
  readonly url?: string | undefined;
  /** Bytes that arrived after the opening handshake. */
  readonly head?: Buffer | undefined;
}

export const webSocketOptions = {
  ...socketOptions,
  role: oneOf<Role, undefined>(['server', 'client'], undefined),
  limits: checked<Partial<ConnectionLimits>>('limits', resolveLimits),
  admitMessage: callback<() => Promise<boolean>>(),
  deflate: value<AgreedDeflate | null>('the result of agreeOnDeflate()', (given) => typeof given === 'object'),
  protocol: text(undefined),
  user: text(undefined),
  data: value<unknown>('any value', () => true),
  url: text(undefined),
  head: object<Buffer>('a Buffer'),
} satisfies OptionsFor<WebSocketOptions<never>>;
