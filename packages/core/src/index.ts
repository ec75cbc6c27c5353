/**
 * RFC 6455 WebSockets for Node.js: the opening handshake and the framing codec as plain functions and state machines,
 * and a `WebSocket` over any Duplex with the surface of the `ws` package's.
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
  type HeaderPair,
} from './handshake/handshake-response.ts';
export type { ExtensionOffer } from './handshake/extension.ts';
export { chooseProtocol, type ProtocolChoice } from './handshake/subprotocol.ts';
export {
  isWebSocketUpgrade,
  parseUpgradeRequest,
  type HandshakeRequest,
  type UpgradeRequest,
} from './handshake/upgrade-request.ts';
export { defaultLimits, resolveLimits, type ConnectionLimits, type HandshakeLimits, type Limits } from './limits.ts';
export type { Role } from './frame/frame-header.ts';
export {
  Connection,
  type CloseInfo,
  type ConnectionEvent,
  type ConnectionOptions,
  type OutgoingMessage,
} from './protocol/connection.ts';
export type { ConnectionState } from './protocol/connection-state.ts';
export { accept, reject, type AcceptOptions, type Upgrade } from './socket/accept.ts';
export { ConnectError } from './socket/connect-error.ts';
export { connect, type ConnectOptions } from './socket/connect.ts';
export { guard, reportError, type ErrorHook, type ErrorPhase } from './socket/error-hook.ts';
export type {
  SocketCloseEvent,
  SocketErrorEvent,
  SocketEvent,
  SocketMessageEvent,
  WebSocketEvents,
} from './socket/event-target.ts';
export type { BinaryType, MessageData } from './socket/message-data.ts';
export type { SendCallback } from './socket/outbox.ts';
export type { ErrorContext, SendOptions, SocketOptions, WebSocketOptions } from './socket/websocket-options.ts';
export { WebSocket } from './socket/websocket.ts';
