import type { Ledger, Published } from '../ledger.ts';
import type { Stream } from '../stream.ts';
import { hasHistory } from '../topics.ts';

/** Histories: offsets are consecutive, and a resume is complete or refused. */
export function* checkHistory(stream: Stream, { messages }: Ledger): Generator<string> {
  if (!hasHistory(stream.topic)) return;
  if (stream.over === 'socket') yield* checkOffsets(stream, messages);
  yield* checkWhole(stream, messages);
}

function* checkOffsets({ events, since }: Stream, messages: readonly Published[]): Generator<string> {
  let offset: number | undefined;
  for (const event of events) {
    if (event.type === 'data') {
      const known = messages[event.id]?.position?.offset;
      if (event.offset !== known) yield `got #${event.id} as ${event.offset}, which is ${known}`;
      if (offset !== undefined && event.offset !== offset + 1) yield `got offset ${event.offset} after ${offset}`;
      offset = event.offset;
    } else {
      offset = event.position.offset ?? offset;
      const isResumed = event.type === 'subscribed' && since !== undefined && event.recovered;
      if (isResumed && offset !== since.position.offset) {
        yield `has resumed at ${offset}, asked for ${since.position.offset}`;
      }
    }
  }
}

/** Between two consecutive messages without a gap, the server had no others, except lost ones. */
function* checkWhole({ topic, since, events }: Stream, messages: readonly Published[]): Generator<string> {
  const inOrder = messages.filter((message) => message.topic === topic && message.arrival !== undefined);
  inOrder.sort((one, other) => (one.arrival ?? 0) - (other.arrival ?? 0));
  const places = new Map(inOrder.map(({ id }, index) => [id, index]));
  let place = since && places.get(since.id);
  for (const event of events) {
    if (event.type === 'data') {
      const next = places.get(event.id) ?? 0;
      const missing = place === undefined ? [] : inOrder.slice(place + 1, next).filter(({ isLost }) => !isLost);
      if (missing.length > 0) yield `misses ${list(missing)} before #${event.id}, without a gap`;
      place = next;
    } else if (event.type === 'gap' || !event.recovered) place = undefined;
  }
}

export function list(messages: readonly Published[]): string {
  const ids = messages.slice(0, 8).map(({ id }) => `#${id}`);
  return `${ids.join(', ')}${messages.length > 8 ? ` and ${messages.length - 8} more` : ''}`;
}
