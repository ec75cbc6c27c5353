import { WebSocket } from '@turnout/core';
import { HistoryFollower } from '../../../packages/topics/src/feed/history-follower.ts';
import { Lineage } from '../../../packages/topics/src/feed/lineage.ts';
import { PublisherSequences } from '../../../packages/topics/src/feed/publisher-sequences.ts';
import { NodeLeases } from '../../../packages/topics/src/people/node-leases.ts';
import { Room } from '../../../packages/topics/src/people/room.ts';
import { replaceMethod, type SeededFault } from './seeded-fault.ts';

/** Whether a text that a client sends asks for a topic. */
const asksFor = /"subscribe":/;

export const codeFaults: readonly SeededFault[] = [
  {
    name: 'what is missing between two numbers is not noticed',
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
    name: 'what comes twice is delivered twice',
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
    name: 'a replay leaves a message out',
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
    name: 'a resume takes any history for its own',
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
    name: 'a position in a former epoch is taken for any offset',
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
    name: 'a last message that was lost is not asked for',
    part: 'hub',
    finds: /was told of no gap/,
    install: () => replaceMethod(HistoryFollower.prototype, 'verify', () => async () => {}),
  },
  {
    name: 'who leaves is not told',
    part: 'hub',
    finds: / shows /,
    install: () => replaceMethod(Room.prototype, 'leave', () => () => {}),
  },
  {
    name: 'who was on a node that died stays',
    part: 'hub',
    finds: / shows /,
    install: () => replaceMethod(NodeLeases.prototype, 'beat', () => () => []),
  },
  {
    name: 'nodes do not compare who is there',
    part: 'hub',
    finds: / shows /,
    install: () => replaceMethod(Room.prototype, 'matches', () => () => true),
  },
  {
    name: 'a client that comes back does not subscribe again',
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
];
