import { describe, expect, test } from 'vitest';
import { parsePeopleMessage, type PeopleMessage } from '../src/people/people-message.ts';
import { PeopleVoice } from '../src/people/people-voice.ts';
import { createProfile } from '../src/people/person.ts';
import { Room } from '../src/people/room.ts';

function createVoice(): { voice: PeopleVoice; said: PeopleMessage[] } {
  const said: PeopleMessage[] = [];
  const tell = async (text: string): Promise<boolean> => said.push(parsePeopleMessage(text)) > 0;
  return { voice: new PeopleVoice({ tell }), said };
}

/** Rooms that a person has just joined, before any announcement. */
function joinedRooms(count: number): Map<string, Room> {
  const rooms = Array.from({ length: count }, (_, index) => new Room(`room ${index}`));
  for (const room of rooms) room.join(createProfile({ id: `p ${room.topic}` }, 100));
  return new Map(rooms.map((room) => [room.topic, room]));
}

/** The rooms in messages; each must follow the news of the same room. */
function toldAfterNews(said: readonly PeopleMessage[]): string[] {
  const known = new Set<string>();
  const told: string[] = [];
  for (const message of said) {
    if (message.type === 'news') for (const { topic } of message.rooms) known.add(topic);
    if (message.type !== 'beat' && message.type !== 'list') continue;
    told.push(...message.rooms.map(({ topic }) => topic).filter((topic) => known.has(topic)));
  }
  return told;
}

describe('thousands of rooms that have just been joined', () => {
  const count = 5_000;
  /** A page has 250 people, or 125 rooms with their lists, or some 700 digests. */
  const few = count / 50;

  test('are announced in a few messages by a beat, each after its news', async () => {
    const { voice, said } = createVoice();
    const rooms = joinedRooms(count);
    await voice.sayBeat(rooms.values());
    expect(toldAfterNews(said)).toEqual([...rooms.keys()]);
    expect(said.length).toBeLessThan(few);
  });

  test('are listed in a few messages, each after its news', async () => {
    const { voice, said } = createVoice();
    const rooms = joinedRooms(count);
    await voice.sayLists(new Set(rooms.keys()), (topic) => rooms.get(topic));
    expect([...new Set(toldAfterNews(said))]).toEqual([...rooms.keys()]);
    expect(said.length).toBeLessThan(few);
  });
});
