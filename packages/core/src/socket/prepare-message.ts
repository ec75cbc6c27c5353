import { PreparedMessage } from '../protocol/prepared-message.ts';
import { toTextOrBytes, type MessageData } from './message-data.ts';
import type { SendOptions } from './websocket-options.ts';

/**
 * Prepares a message for many sockets: it is framed once, and compressed once for all sockets that keep no context and
 * have the same parameters. Pass it to `socket.send()`; its order among other messages is kept.
 *
 *     const news = prepareMessage('The poll is open');
 *     for (const socket of app.sockets) socket.send(news);
 *
 * @param data copied; a number is sent as its text
 * @throws {TypeError} on any other data, and on bytes sent as text that are not UTF-8
 */
export function prepareMessage(data: MessageData | number, options: Omit<SendOptions, 'fin'> = {}): PreparedMessage {
  const message = toTextOrBytes(data);
  const { binary = typeof message !== 'string', compress = true } = options;
  return new PreparedMessage(message, { isBinary: binary, compress });
}
