import type { WebSocket } from '@turnout/core';
import { callback, resolveOptions, type OptionsFor } from '@turnout/core/options';
import { definitionOptions, type MessageDefinition } from './definition.ts';
import { TypedSocket, type Commands } from './typed-socket.ts';

/** The messages of a route. */
export interface MessageContract<Definition extends MessageDefinition> {
  readonly definition: Definition;
  /**
   * Handles these messages on a route's socket: return its promise from the handler. It resolves when the socket has
   * closed. It rejects if a function registered by `setUp` fails, which closes the socket with 1011 and is reported.
   */
  serve(socket: WebSocket, setUp: (socket: TypedSocket<Definition>) => unknown, options?: ServeOptions): Promise<void>;
}

export interface ServeOptions {
  /**
   * Gets what is not a typed message, so that both share the socket: pass the result of `hub.commands()` of
   * `@turnout/topics`. Later messages do not wait for it, but it counts as in flight. If it resolves with `false`, the
   * message is invalid; if it throws, the socket is closed with 1011.
   */
  readonly commands?: Commands;
}

const serveOptions = { commands: callback<Commands>() } satisfies OptionsFor<ServeOptions>;

/**
 * Defines the messages between a route and its clients; see {@link MessageDefinition}.
 *
 * @throws {TypeError | RangeError} that names an invalid option
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
