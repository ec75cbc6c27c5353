import type { Published } from '../ledger.ts';
import type { Stream, StreamEvent } from '../stream.ts';
import { hasHistory } from '../topics.ts';

/** How long, in ms, messages in flight at the end of a subscription may still arrive. */
const lateness = 1_000;

/** Each message arrives once, in the order of the broker's server and of each publisher. */
export function* checkOrder(stream: Stream, messages: readonly Published[]): Generator<string> {
  const seen = new Set<number>();
  const lastOf = new Map<string, number>();
  let arrival = -1;
  for (const event of stream.events) {
    if (event.type === 'subscribed' && !hasHistory(stream.topic)) {
      // On another connection, possibly to another node, it starts again, announced by a gap.
      seen.clear();
      lastOf.clear();
      arrival = -1;
    }
    if (event.type === 'gap') forgetLost(seen, messages);
    if (event.type !== 'data') continue;
    const message = messages[event.id];
    if (message === undefined || message.topic !== stream.topic) {
      yield `got #${event.id}, which was never published there`;
      continue;
    }
    if (seen.has(event.id)) yield `got #${event.id} twice`;
    seen.add(event.id);
    if (message.arrival !== undefined) {
      if (message.arrival < arrival) yield `got #${event.id} after one that came to the server later`;
      arrival = message.arrival;
    }
    if (event.id < (lastOf.get(message.node) ?? -1)) yield `got #${event.id} after a later one of ${message.node}`;
    lastOf.set(message.node, event.id);
    if (isRefused(message)) yield `got #${event.id}, which publish() has refused with ${String(message.outcome)}`;
    if (stream.endedAt !== undefined && !stream.isSlow && event.at > stream.endedAt + lateness) {
      yield `got #${event.id} ${(event.at - stream.endedAt).toFixed()} ms after it has ended`;
    }
  }
}

/**
 * A message that the server has lost is after a gap at a node that starts there, and before it at a separated node that
 * has the message: a client that moves from one to the other receives it again.
 */
function forgetLost(seen: Set<number>, messages: readonly Published[]): void {
  for (const id of seen) if (messages[id]?.isLost) seen.delete(id);
}

export function dataOf({ events }: Stream): Extract<StreamEvent, { type: 'data' }>[] {
  return events.filter((event) => event.type === 'data');
}

/** Nothing was sent, according to `publish()`. */
export function isRefused({ outcome }: Published): boolean {
  return outcome === 'TOPIC_ERR_BACKLOG' || outcome === 'TOPIC_ERR_TOO_LONG';
}
