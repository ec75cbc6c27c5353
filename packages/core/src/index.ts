/**
 * RFC 6455 WebSockets for Node.js: the opening handshake and the framing codec as plain functions and state machines,
 * and a `WebSocket` over any Duplex with the API of the `ws` package.
 *
 * @module
 */
export { CloseCode, isValidCloseCode } from './close-code.ts';
export { HandshakeError, ProtocolError } from './errors.ts';
export {
  acceptHeaders,
  formatAcceptResponse,
  formatRejection,
  isReservedHeader,
  type HandshakeChoice,
  type HeaderPair,
} from './handshake/handshake-response.ts';
export { resolveDeflate, type DeflateSettings, type PerMessageDeflateOptions } from './deflate/deflate-settings.ts';
export type { ExtensionOffer } from './handshake/extension.ts';
export type { DeflateParameters } from './handshake/permessage-deflate.ts';
export { chooseProtocol, type ProtocolChoice } from './handshake/subprotocol.ts';
export {
  isWebSocketUpgrade,
  parseUpgradeRequest,
  type HandshakeRequest,
  type UpgradeRequest,
} from './handshake/upgrade-request.ts';
export {
  connectionLimitOptions,
  defaultLimits,
  limitOptions,
  limitsAmong,
  resolveLimits,
  type ConnectionLimits,
  type HandshakeLimits,
  type Limits,
} from './limits.ts';
export type { Role } from './role.ts';
export type { CloseInfo, ConnectionEvent, MessagesAfterClose } from './protocol/connection-event.ts';
export { Connection } from './protocol/connection.ts';
export type { ConnectionOptions } from './protocol/connection-options.ts';
export { agreeOnDeflate, type AgreedDeflate } from './protocol/deflation.ts';
export type { OutgoingMessage } from './protocol/message-sender.ts';
export type { PreparedMessage } from './protocol/prepared-message.ts';
export type { ConnectionState } from './protocol/connection-state.ts';
export { accept, reject, type AcceptOptions, type Upgrade } from './socket/accept.ts';
export { ConnectError } from './socket/connect-error.ts';
export { connect, connectOptions, type ConnectOptions } from './socket/connect.ts';
export { guard, reportError, type ErrorHook, type ErrorPhase } from './socket/error-hook.ts';
export type { SocketCloseEvent, SocketErrorEvent, SocketEvent, SocketMessageEvent } from './socket/event-target.ts';
export type { BinaryType, MessageData } from './socket/message-data.ts';
export { MessageRate, messageRateOptions, type MessageRateOptions } from './socket/message-rate.ts';
export type { SendCallback } from './socket/outbox.ts';
export { prepareMessage } from './socket/prepare-message.ts';
export type { WebSocketEvents } from './socket/socket-emitter.ts';
export { SendError, type SendErrorCode } from './socket/send-error.ts';
export type { ErrorContext, SendOptions, SocketOptions, WebSocketOptions } from './socket/websocket-options.ts';
export { WebSocket } from './socket/websocket.ts';
