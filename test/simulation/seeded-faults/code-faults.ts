import { WebSocket } from '@turnout/core';
import { HistoryFollower } from '../../../packages/topics/src/feed/history-follower.ts';
import { Lineage } from '../../../packages/topics/src/feed/lineage.ts';
import { PublisherSequences } from '../../../packages/topics/src/feed/publisher-sequences.ts';
import { NodeLeases } from '../../../packages/topics/src/people/node-leases.ts';
import { NodePlaces } from '../../../packages/topics/src/state/places.ts';
import { Replica } from '../../../packages/topics/src/state/replica.ts';
import { StateFeed } from '../../../packages/topics/src/state/state-feed.ts';
import { Room } from '../../../packages/topics/src/people/room.ts';
import { replaceMethod, type SeededFault } from './seeded-fault.ts';

/** Whether a text of a client requests a topic. */
const asksFor = /"subscribe":/;

export const codeFaults: readonly SeededFault[] = [
  {
    name: 'a missing number is not noticed',
    part: 'hub',
    finds: /was told of no gap/,
    install: () =>
      replaceMethod(
        PublisherSequences.prototype,
        'note',
        (original) =>
          function (this: PublisherSequences, message) {
            const verdict = original.call(this, message);
            return verdict === 'after-gap' ? 'next' : verdict;
          },
      ),
  },
  {
    name: 'a duplicate is delivered',
    part: 'hub',
    finds: /twice/,
    install: () =>
      replaceMethod(
        PublisherSequences.prototype,
        'note',
        (original) =>
          function (this: PublisherSequences, message) {
            const verdict = original.call(this, message);
            return verdict === 'duplicate' && !message.mark ? 'next' : verdict;
          },
      ),
  },
  {
    name: 'a replay omits a message',
    part: 'hub',
    finds: /misses|got offset/,
    install: () =>
      replaceMethod(
        HistoryFollower.prototype,
        'joinRecent',
        (original) =>
          function (this: HistoryFollower, part) {
            const missed = original.call(this, part);
            return missed !== null && missed.length > 1 ? [...missed.slice(0, -2), ...missed.slice(-1)] : missed;
          },
      ),
  },
  {
    name: 'a resume accepts any history',
    part: 'hub',
    finds: /misses|has resumed/,
    install: () =>
      replaceMethod(
        HistoryFollower.prototype,
        'readSince',
        (original) =>
          function (this: HistoryFollower, { offset }) {
            return original.call(this, { epoch: this.position?.epoch ?? '', offset });
          },
      ),
  },
  {
    name: 'a position in a former epoch is accepted for any offset',
    part: 'hub',
    finds: /misses .* without a gap/,
    install: () =>
      replaceMethod(
        Lineage.prototype,
        'has',
        (original) =>
          function (this: Lineage, { epoch, offset }) {
            return original.call(this, { epoch, offset }) || original.call(this, { epoch, offset: 0 });
          },
      ),
  },
  {
    name: 'a lost last message is not requested',
    part: 'hub',
    finds: /was told of no gap/,
    install: () => replaceMethod(HistoryFollower.prototype, 'verify', () => async () => {}),
  },
  {
    name: 'leaving is not announced',
    part: 'hub',
    finds: / shows /,
    install: () => replaceMethod(Room.prototype, 'leave', () => () => {}),
  },
  {
    name: 'people on a dead node stay',
    part: 'hub',
    finds: / shows /,
    install: () => replaceMethod(NodeLeases.prototype, 'beat', () => () => []),
  },
  {
    name: 'nodes do not compare presence',
    part: 'hub',
    finds: / shows /,
    install: () => replaceMethod(Room.prototype, 'matches', () => () => true),
  },
  {
    name: 'a client that reconnects does not subscribe again',
    part: 'client',
    finds: /is deaf/,
    install: () => {
      let asked = 0;
      return replaceMethod(
        WebSocket.prototype,
        'send',
        (original) =>
          function (this: WebSocket, data, ...others) {
            const isDropped = typeof data === 'string' && asksFor.test(data) && asked++ % 5 === 4;
            return isDropped ? true : original.call(this, data, ...others);
          },
      );
    },
  },
  {
    name: 'a state is not loaded again after an outage',
    part: 'hub',
    finds: /of player \d, which is/,
    install: () =>
      replaceMethod(
        StateFeed.prototype,
        'onRestored',
        () =>
          function (this: StateFeed) {
            this.feed.onRestored();
          },
      ),
  },
  {
    name: 'a client is taken to have the newest state wherever it comes from',
    part: 'hub',
    finds: /of player \d, which is/,
    install: () =>
      replaceMethod(
        NodePlaces.prototype,
        'numberAt',
        () =>
          function (this: NodePlaces, _place, { log, first }) {
            return first + log.length - 1;
          },
      ),
  },
  {
    name: 'the last key that has changed is not sent',
    part: 'hub',
    finds: /of player \d, which is/,
    install: () =>
      replaceMethod(
        Replica.prototype,
        'changedAfter',
        (original) =>
          function (this: Replica, number) {
            const changed = original.call(this, number);
            return changed && new Set([...changed].slice(0, -1));
          },
      ),
  },
];
