import type { WebSocket } from '@turnout/core';
import type { MessageDefinition } from './definition.ts';
import { TypedSocket } from './typed-socket.ts';

/** The messages of a route. */
export interface MessageContract<Definition extends MessageDefinition> {
  readonly definition: Definition;
  /**
   * Speaks these messages over a route's socket: return its promise from the handler. It resolves when the socket has ended,
   * and rejects with what the functions that `setUp` registers fail with, which closes the socket with 1011 and is reported.
   */
  serve(socket: WebSocket, setUp: (socket: TypedSocket<Definition>) => unknown): Promise<void>;
}

/**
 * Defines what a route and its clients say to each other; see {@link MessageDefinition}.
 *
 * @throws {RangeError} on a `maxInFlight` that is not valid
 */
export function defineMessages<const Definition extends MessageDefinition>(
  definition: Definition,
): MessageContract<Definition> {
  assertMaxInFlight(definition);
  return {
    definition,
    async serve(socket, setUp) {
      const typed = new TypedSocket(socket, definition);
      await Promise.all([setUp(typed), typed.finished]);
    },
  };
}

function assertMaxInFlight({ maxInFlight = Infinity }: MessageDefinition): void {
  if (maxInFlight === Infinity || (Number.isSafeInteger(maxInFlight) && maxInFlight >= 1)) return;
  throw new RangeError(
    `Invalid option maxInFlight: expected a whole number of 1 or more, or Infinity, got ${String(maxInFlight)}`,
  );
}
