import type { Person } from '@turnout/topics';
import { isAlive } from '../stream.ts';
import { hasPresence, topicNames, type TopicName } from '../topics.ts';
import type { World } from '../world.ts';

/** After a quiet period, all nodes and all subscribers know who is present. */
export function* checkPresence(world: World): Generator<string> {
  for (const topic of topicNames.filter(hasPresence)) {
    const truth = peopleOf(world, topic);
    const compare = (who: string, shown: readonly Person[]): Generator<string> =>
      compareWith(truth, (id) => world.told.get(`${topic} ${id}`), { who, shown });
    for (const node of world.upNodes) {
      if (node.topic(topic).size === 0) continue;
      yield* compare(`${node.name} ${topic}`, node.topic(topic).people());
    }
    for (const stream of world.streams) {
      if (stream.topic === topic && isAlive(stream)) yield* compare(stream.name, [...stream.people.values()]);
    }
  }
}

/** The versions of people's details over their subscribed sockets, by id. */
function peopleOf({ upNodes }: World, topic: TopicName): Map<string, Set<number>> {
  const people = new Map<string, Set<number>>();
  for (const person of upNodes.flatMap((node) => node.peopleOf(topic))) {
    const known = people.get(person.id) ?? new Set();
    people.set(person.id, known.add(versionOf(person)));
  }
  return people;
}

function* compareWith(
  truth: ReadonlyMap<string, ReadonlySet<number>>,
  toldOf: (id: string) => number | undefined,
  { who, shown }: { readonly who: string; readonly shown: readonly Person[] },
): Generator<string> {
  const ids = shown.map(({ id }) => id).toSorted();
  const expected = [...truth.keys()].toSorted();
  if (ids.join() !== expected.join()) {
    yield `${who} shows ${ids.join(', ') || 'nobody'}, there are ${expected.join(', ') || 'nobody'}`;
    return;
  }
  for (const person of shown) {
    const [details, ...others] = truth.get(person.id) ?? [];
    // A person with several sockets has the details set last.
    if (others.length > 0 || details !== toldOf(person.id)) continue;
    if (versionOf(person) !== details) yield `${who} shows ${person.id} with ${versionOf(person)} and not ${details}`;
  }
}

function versionOf({ details }: Person): number {
  return (details as { version: number }).version;
}
