import { channel } from 'node:diagnostics_channel';

/*
 * Channels for tools, which watch them with `subscribe()` of `node:diagnostics_channel`. Without a subscriber no
 * message is created. The sockets are WebSockets, typed as `object` because this file is below theirs.
 */

/** `turnout:message`: `{ socket, data, isBinary }`, a message has arrived, and has not been read yet. */
export const messageChannel = channel('turnout:message');

/** `turnout:close`: `{ socket, code, reason, wasClean }`, a connection has ended. */
export const closeChannel = channel('turnout:close');

/** `turnout:error`: `{ error, phase, socket?, request? }`, the application's code has failed. */
export const errorChannel = channel('turnout:error');

/** `turnout:slow`: `{ socket, reason }`, a peer accepts too little of what is sent to it, and is disconnected. */
export const slowChannel = channel('turnout:slow');
