/**
 * Typed messages over a WebSocket: plain JSON text frames, checked both ways by the schemas of any library that follows
 * Standard Schema.
 *
 * @example
 * ```ts
 * import { defineMessages } from '@turnout/messages';
 * import { z } from 'zod';
 *
 * const voting = defineMessages({
 *   receives: { vote: z.object({ option: z.string() }) },
 *   sends: { tally: z.record(z.string(), z.number()) },
 * });
 *
 * app.ws('/vote', (socket) =>
 *   voting.serve(socket, (voter) => {
 *     voter.on('vote', ({ option }) => voter.send('tally', { [option]: 1 }));
 *   }),
 * );
 * ```
 *
 * @module
 */
export { AskError, type AskErrorCode } from './ask-error.ts';
export { asyncApiDocument } from './async-api.ts';
export type { AsyncApiOptions } from './async-api.ts';
export { defineMessages } from './define-messages.ts';
export type { MessageContract, ServeOptions } from './define-messages.ts';
export type { Dialogue, Dialogues, Input, MessageDefinition, Output, Schemas } from './definition.ts';
export { InvalidMessage } from './invalid-message.ts';
export type { AskOptions } from './questions.ts';
export { typedClient } from './typed-client.ts';
export type { ClientLike, TypedClient, TypedClientOptions } from './typed-client.ts';
export { TypedSocket } from './typed-socket.ts';
export type { Commands } from './typed-socket.ts';
