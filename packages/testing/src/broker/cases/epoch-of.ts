import { ok } from 'node:assert';

/** The epoch of a subscription to a topic with history. */
export function epochOf(begun: { readonly epoch?: string } | null): string {
  ok(begun?.epoch !== undefined, 'A subscription to a topic with history has an epoch');
  return begun.epoch;
}
