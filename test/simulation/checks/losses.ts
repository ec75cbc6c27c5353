import { isComplete } from '../socket-actor.ts';
import { isAlive, type Stream } from '../stream.ts';
import { hasHistory } from '../topics.ts';
import type { Ledger, Published } from '../ledger.ts';
import { list } from './history.ts';
import { dataOf } from './order.ts';

/**
 * Messages that `publish()` has confirmed are at the server, and only if the broker is lost are they delivered only
 * locally.
 */
export function* checkOutcomes({ messages }: Ledger): Generator<string> {
  const missing = messages.filter(({ outcome, arrival }) => outcome === true && arrival === undefined);
  if (missing.length > 0) yield `publish() has confirmed ${list(missing)}, which the server has never had`;
  const alone = messages.filter(({ outcome, wasLost }) => outcome === false && !wasLost);
  if (alone.length > 0) yield `publish() has kept ${list(alone)} on one node, though the broker was not lost`;
}

/**
 * Each message published while a stream was subscribed has arrived, or a gap was announced afterwards.
 *
 * @param isProbed whether each node has published on each topic since then, which reveals missing messages
 */
export function* checkLosses(stream: Stream, ledger: Ledger, isProbed: boolean): Generator<string> {
  if (!isAlive(stream) || !isComplete(stream)) return;
  const { messages } = ledger;
  const { topic, subscribedAt = 0 } = stream;
  if (!isProbed && !hasHistory(topic)) return;
  const got = new Set(dataOf(stream).map(({ id }) => id));
  const toldUntil = stream.events.findLast(({ type }) => type === 'gap')?.at ?? -1;
  const missing = messages.filter(
    (message) =>
      message.topic === topic &&
      message.calledAt > subscribedAt &&
      !got.has(message.id) &&
      isOwed(stream, message, ledger),
  );
  const untold = missing.filter(({ calledAt }) => calledAt > toldUntil);
  if (untold.length > 0) yield `misses ${list(untold)}, and was told of no gap`;
  const own = missing.filter(
    ({ node, outcome, droppedAt }) =>
      outcome === false && stream.over === 'socket' && stream.nodes.includes(node) && !droppedAt.has(node),
  );
  if (own.length > 0) yield `misses ${list(own)}, which its own node was to deliver`;
}

/** Whether a message must arrive or a gap be announced, because its loss can be known. */
function isOwed({ nodes }: Stream, message: Published, { crashed }: Ledger): boolean {
  const { node, outcome, unknowable, droppedAt, isMissed } = message;
  if (isMissed) return false;
  if (typeof outcome !== 'boolean' || nodes.some((each) => unknowable.has(each))) return false;
  // A dead node cannot announce that something is missing.
  return !crashed.has(node) || (outcome && !nodes.some((each) => droppedAt.has(each)));
}

/** A gap is announced to subscribers that may miss something, and only once. */
export function* checkGaps(stream: Stream, { causes }: Ledger): Generator<string> {
  // A client reports one itself for each connection that it does not resume on.
  if (stream.over === 'client') return;
  const mine = causes.filter(
    ({ node, topic }) =>
      (node === undefined || stream.nodes.includes(node)) && (topic === undefined || topic === stream.topic),
  );
  let told = 0;
  for (const event of stream.events) {
    if (event.type !== 'gap') continue;
    told++;
    const known = mine.filter(({ at }) => at <= event.at).length;
    if (told > known) yield `was told of gap ${told} after ${known} losses`;
  }
}
