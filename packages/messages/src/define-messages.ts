import type { WebSocket } from '@turnout/core';
import type { MessageDefinition } from './definition.ts';
import { TypedSocket } from './typed-socket.ts';

/** The messages of a route. */
export interface MessageContract<Definition extends MessageDefinition> {
  readonly definition: Definition;
  /**
   * Makes a route's handler of one that gets a {@link TypedSocket}. What the functions that it registers fail with
   * closes the socket with 1011, and is reported, as what the handler fails with.
   */
  handler<Context>(
    handler: (socket: TypedSocket<Definition>, context: Context) => unknown,
  ): (socket: WebSocket, context: Context) => Promise<void>;
}

/** Defines what a route and its clients say to each other; see {@link MessageDefinition}. */
export function defineMessages<const Definition extends MessageDefinition>(
  definition: Definition,
): MessageContract<Definition> {
  return {
    definition,
    handler: (handler) => async (socket, context) => {
      const typed = new TypedSocket(socket, definition);
      await Promise.all([handler(typed, context), typed.finished]);
    },
  };
}
