import { deepStrictEqual } from 'node:assert';
import type { Person, Topic, TopicOptions } from '@turnout/topics';
import type { BrokerCases, BrokerStage } from '../broker-stage.ts';
import { range } from './range.ts';

const options: TopicOptions = { presence: true };
const ids = (topic: Topic): string[] =>
  topic
    .people()
    .map(({ id }) => id)
    .toSorted();

/** Opens a socket and subscribes it for a person. */
async function join(stage: BrokerStage, topic: Topic, person: Person): Promise<() => void> {
  const { socket } = stage.open();
  await topic.subscribe(socket, { person });
  return () => socket.terminate();
}

/** Who is subscribed, across nodes. */
export const presenceCases: BrokerCases = {
  async 'a person is present once, with any number of sockets on any number of nodes'(stage) {
    const [here, there] = await stage.startTwo();
    const name = stage.newName();
    const [own, other] = [here.hub.topic(name, options), there.hub.topic(name, options)];
    const events: string[] = [];
    own.on('join', ({ id }) => events.push(`+${id}`)).on('leave', ({ id }) => events.push(`-${id}`));
    own.follow();
    const ann: Person = { id: 'ann', details: { name: 'Ann' } };
    const leaves = [await join(stage, own, ann), await join(stage, own, ann)];
    const leaveOther = await join(stage, other, ann);
    const leaveBob = await join(stage, other, { id: 'bob' });
    for (const topic of [own, other]) await stage.eventually(() => ids(topic), ['ann', 'bob']);
    deepStrictEqual(
      other.people().find(({ id }) => id === 'ann'),
      ann,
    );
    await stage.eventually(() => events, ['+ann', '+bob']);
    for (const leave of leaves) leave();
    await stage.eventually(() => own.size, 0);
    leaveBob();
    await stage.eventually(() => ids(own), ['ann']);
    await stage.eventually(() => events, ['+ann', '+bob', '-bob']);
    leaveOther();
    await stage.eventually(() => own.people(), []);
    await stage.eventually(() => events, ['+ann', '+bob', '-bob', '-ann']);
  },

  async 'a node that starts later learns who is present'(stage) {
    const [here, there] = await stage.startTwo();
    const name = stage.newName();
    await join(stage, here.hub.topic(name, options), { id: 'ann' });
    const topic = there.hub.topic(name, options);
    const unfollow = topic.follow();
    await stage.eventually(() => ids(topic), ['ann']);
    unfollow();
    deepStrictEqual(topic.people(), []);
  },

  async 'the people of a node that closes leave immediately'(stage) {
    const [here, there] = await stage.startTwo({ presenceInterval: 60_000 });
    const name = stage.newName();
    const topic = here.hub.topic(name, options);
    await join(stage, topic, { id: 'ann' });
    await join(stage, there.hub.topic(name, options), { id: 'bob' });
    await stage.eventually(() => ids(topic), ['ann', 'bob']);
    await there.hub.close();
    await stage.eventually(() => ids(topic), ['ann']);
  },

  async 'the people of a node that dies silently leave'(stage) {
    const [here, there] = await stage.startTwo();
    const name = stage.newName();
    const topic = here.hub.topic(name, options);
    await join(stage, topic, { id: 'ann' });
    await join(stage, there.hub.topic(name, options), { id: 'bob' });
    await stage.eventually(() => ids(topic), ['ann', 'bob']);
    await there.broker.close();
    await stage.eventually(() => ids(topic), ['ann']);
  },

  async 'a person who returns within the delay has never left'(stage) {
    const { hub } = await stage.startNode();
    const topic = hub.topic(stage.newName(), { presence: { leaveDelay: 200 }, envelope: true });
    const watcher = stage.open();
    const received = watcher.collect();
    await topic.subscribe(watcher.socket);
    const begun = [{ subscribed: { recovered: false } }, { people: [] }];
    await stage.eventually(() => received.notes, begun);
    for (const _ of range(3)) {
      const leave = await join(stage, topic, { id: 'ann' });
      await stage.eventually(() => topic.people(), [{ id: 'ann' }]);
      leave();
      await stage.eventually(() => topic.size, 1);
    }
    await stage.eventually(() => received.notes, [...begun, { joined: [{ id: 'ann' }] }, { left: ['ann'] }]);
  },
};
