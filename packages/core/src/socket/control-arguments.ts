import { toTextOrBytes, type MessageData } from './message-data.ts';
import type { SendCallback } from './outbox.ts';

/** What a Ping or Pong carries. */
export type ControlData = MessageData | number | null | undefined;

/**
 * The payload and the callback of `ping()` and `pong()` in each form that `ws` has: `(callback)`, `(data, callback)`,
 * `(data, mask, callback)`.
 *
 * @throws as {@link toTextOrBytes}
 */
export function readControlArguments(
  args: readonly unknown[],
): [payload: string | Uint8Array, callback: SendCallback | undefined] {
  const index = args.findIndex((argument) => typeof argument === 'function');
  const payload = index === 0 ? '' : toControlPayload(args[0]);
  return [payload, args[index] as SendCallback | undefined];
}

/** Nothing for what is falsy and not a number, as in `ws`. */
function toControlPayload(data: unknown): string | Uint8Array {
  return data || typeof data === 'number' ? toTextOrBytes(data as MessageData | number) : '';
}
