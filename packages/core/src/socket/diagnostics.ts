import { channel } from 'node:diagnostics_channel';

/*
 * What tools may watch, by `subscribe()` of `node:diagnostics_channel`. Nothing is made for a channel that nobody
 * listens to. The sockets are WebSockets: as `object`, since this file stands below theirs.
 */

/** `turnout:message`: `{ socket, data, isBinary }`, a message has come, and nobody has read it yet. */
export const messageChannel = channel('turnout:message');

/** `turnout:close`: `{ socket, code, reason, wasClean }`, a connection has ended. */
export const closeChannel = channel('turnout:close');

/** `turnout:error`: `{ error, phase, socket?, request? }`, the application's code has failed. */
export const errorChannel = channel('turnout:error');

/** `turnout:slow`: `{ socket, reason }`, a peer takes too little of what is sent to it, and is cut off. */
export const slowChannel = channel('turnout:slow');
