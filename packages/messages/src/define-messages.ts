import type { WebSocket } from '@turnout/core';
import { callback, resolveOptions, type OptionsFor } from '@turnout/core/options';
import { definitionOptions, type MessageDefinition } from './definition.ts';
import { TypedSocket, type Commands } from './typed-socket.ts';

/** The messages of a route. */
export interface MessageContract<Definition extends MessageDefinition> {
  readonly definition: Definition;
  /**
   * Speaks these messages over a route's socket: return its promise from the handler. It resolves when the socket has
   * ended, and rejects with what the functions that `setUp` registers fail with, which closes the socket with 1011 and
   * is reported.
   */
  serve(socket: WebSocket, setUp: (socket: TypedSocket<Definition>) => unknown, options?: ServeOptions): Promise<void>;
}

export interface ServeOptions {
  /**
   * Is given what is no typed message, so that both share the socket: what `hub.commands()` of `@turnout/topics` returns.
   * Nothing waits for it, but it counts as in flight. What it resolves with `false` for is invalid; what it throws
   * closes with 1011.
   */
  readonly commands?: Commands;
}

const serveOptions = { commands: callback<Commands>() } satisfies OptionsFor<ServeOptions>;

/**
 * Defines what a route and its clients say to each other; see {@link MessageDefinition}.
 *
 * @throws {TypeError | RangeError} on a wrong part, which it names
 */
export function defineMessages<const Definition extends MessageDefinition>(
  definition: Definition,
): MessageContract<Definition> {
  resolveOptions(definitionOptions, definition);
  return {
    definition,
    async serve(socket, setUp, options) {
      const { commands } = resolveOptions(serveOptions, options);
      const typed = new TypedSocket(socket, definition, commands);
      await Promise.all([setUp(typed), typed.finished]);
    },
  };
}
