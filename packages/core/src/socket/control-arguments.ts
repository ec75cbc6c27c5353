import { toTextOrBytes, type MessageData } from './message-data.ts';
import type { SendCallback } from './outbox.ts';

/** The payload of a Ping or Pong. */
export type ControlData = MessageData | number | null | undefined;

/**
 * The payload and the callback of `ping()` and `pong()` in every form that `ws` supports: `(callback)`,
 * `(data, callback)`, `(data, mask, callback)`.
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

/** Empty for falsy values other than numbers, as in `ws`. */
function toControlPayload(data: unknown): string | Uint8Array {
  return data || typeof data === 'number' ? toTextOrBytes(data as MessageData | number) : '';
}
