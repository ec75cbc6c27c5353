import type { WebSocket } from '@turnout/core';

type Send = (data: unknown, ...rest: unknown[]) => boolean;
type Emit = (name: string, ...args: unknown[]) => boolean;

/**
 * Makes a socket behave like one of `ws` 7, on which `express-ws` is built: text and close reasons arrive as strings,
 * and a falsy value that is not a number is sent as an empty message.
 */
export function asWs7(socket: WebSocket): void {
  const emit = socket.emit.bind(socket) as Emit;
  const send = socket.send.bind(socket) as Send;
  const overrides: { emit: Emit; send: Send } = {
    emit: (name, ...args) => {
      const [first, second] = args;
      if (name === 'message' && second === false) return emit(name, String(first), false);
      if (name === 'close') return emit(name, first, String(second));
      return emit(name, ...args);
    },
    send: (data, ...rest) => send(toSendable(data), ...rest),
  };
  Object.assign(socket, overrides);
}

/** As in `ws` 7: an array holds byte values. */
function toSendable(data: unknown): unknown {
  if (data === null || data === undefined || data === false) return Buffer.alloc(0);
  return Array.isArray(data) ? Buffer.from(data) : data;
}
