import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BeatIntake } from '../src/people/beat-intake.ts';
import { createMember, type Member } from '../src/people/member.ts';
import { parsePeopleMessage, type PeopleMessage } from '../src/people/people-message.ts';
import { askPages, beatPages, ListsPage, NewsPage } from '../src/people/people-pages.ts';
import { createProfile, type Profile } from '../src/people/person.ts';
import { RemoteRoster } from '../src/people/remote-roster.ts';
import { Room, type Grace } from '../src/people/room.ts';
import { Roster } from '../src/people/roster.ts';

const profile = (id: string, details?: unknown): Profile => createProfile({ id, details }, Infinity);
const member = (id: string, details?: unknown, stamp = 0): Member => createMember(profile(id, details), stamp);
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const whole = { page: 0, more: false };

/** Nobody expires automatically. */
const waiting: Grace = { begin: () => {}, end: () => {}, clear: () => ['ann'] };

function followedRoom(): Room {
  const room = new Room('room');
  room.follow(waiting);
  return room;
}

const people = (room: Room): unknown[] => Array.from(room.members(), ({ text }) => JSON.parse(text) as unknown);
const changes = (room: Room): string[] =>
  Array.from(
    room.takeChanges(),
    ({ id, before, now }) => `${before === undefined ? '+' : now === undefined ? '-' : '='}${id}`,
  );

describe('a digest', () => {
  test('does not depend on the order in which people joined and left', () => {
    const [one, other] = [new Roster(), new Roster()];
    for (const index of range(100)) one.set(member(`p${index}`));
    for (const index of range(100).toReversed()) other.set(member(`p${index}`, 'old'));
    expect(one.digest.equals(other.digest)).toBe(false);
    for (const index of range(100)) other.set(member(`p${index}`));
    other.set(member('more'));
    other.delete('more');
    other.delete('nobody');
    expect(one.digest.equals(other.digest)).toBe(true);
  });

  test('distinguishes people, details and stamps', () => {
    const digests = [member('a'), member('b'), member('a', 1), member('a', '1'), member('a', 1, 1)].map((each) => {
      const roster = new Roster();
      roster.set(each);
      return `${roster.digest.high} ${roster.digest.low}`;
    });
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('a list of another node', () => {
  test('replaces the known people with its last page, and not before', () => {
    const roster = new RemoteRoster();
    roster.list({ ...whole, members: [member('old'), member('kept')] });
    expect([...roster.list({ page: 0, more: true, members: [member('new')] })]).toEqual(['new']);
    expect([...roster.ids()].toSorted()).toEqual(['kept', 'new', 'old']);
    expect([...roster.list({ page: 1, more: false, members: [member('kept')] })].toSorted()).toEqual(['kept', 'old']);
    expect([...roster.ids()].toSorted()).toEqual(['kept', 'new']);
  });

  test('keeps changes between its pages', () => {
    const roster = new RemoteRoster();
    roster.list({ ...whole, members: [member('gone'), member('stays')] });
    roster.list({ page: 0, more: true, members: [member('stays'), member('goes')] });
    roster.join(member('late'));
    roster.leave('goes');
    roster.list({ page: 1, more: false, members: [] });
    expect([...roster.ids()].toSorted()).toEqual(['late', 'stays']);
  });

  test('with a missing page removes nobody', () => {
    const roster = new RemoteRoster();
    roster.list({ ...whole, members: [member('a'), member('b')] });
    roster.list({ page: 0, more: true, members: [member('a')] });
    roster.list({ page: 2, more: false, members: [member('c')] });
    roster.list({ page: 1, more: false, members: [] });
    expect([...roster.ids()].toSorted()).toEqual(['a', 'b', 'c']);
    roster.list({ ...whole, members: [] });
    expect(roster.isBlank).toBe(true);
  });
});

describe('a beat', () => {
  const digest = (topic: string) => ({ topic, count: 1, high: 1, low: 1 });

  test('lists the rooms once all its pages have arrived', () => {
    const intake = new BeatIntake();
    expect(intake.add('n', { page: 0, more: true, rooms: [digest('a')] })).toBeUndefined();
    expect(intake.add('m', { page: 0, more: false, rooms: [] })).toEqual(new Set());
    expect(intake.add('n', { page: 1, more: false, rooms: [digest('b')] })).toEqual(new Set(['a', 'b']));
  });

  test('with a missing or repeated page is ignored', () => {
    const intake = new BeatIntake();
    intake.add('n', { page: 0, more: true, rooms: [digest('a')] });
    expect(intake.add('n', { page: 2, more: false, rooms: [digest('c')] })).toBeUndefined();
    expect(intake.add('n', { page: 1, more: false, rooms: [] })).toBeUndefined();
    expect(intake.add('n', { page: 0, more: false, rooms: [digest('a')] })).toEqual(new Set(['a']));
  });
});

describe('a room', () => {
  test('shows a person once, as long as any node has them', () => {
    const room = followedRoom();
    const ann = profile('ann');
    room.join(ann);
    room.hearJoined('n', [member('ann'), member('bob')]);
    room.hearList('m', { ...whole, members: [member('ann')] });
    expect(changes(room)).toEqual(['+ann', '+bob']);
    room.leave(ann.person, { atOnce: true });
    room.hearLeft('n', ['ann', 'bob'], { atOnce: true });
    expect(changes(room)).toEqual(['-bob']);
    for (const id of room.forget('m')) room.update(id);
    room.expire('ann');
    expect([changes(room), people(room)]).toEqual([['-ann'], []]);
  });

  test('has no change if a person joined and left, or left and rejoined', () => {
    const room = followedRoom();
    const ann = profile('ann', 1);
    room.join(ann);
    room.leave(ann.person, { atOnce: true });
    room.hearJoined('n', [member('bob')]);
    room.hearLeft('n', ['bob'], { atOnce: true });
    expect([changes(room), [...room.takeNews()]]).toEqual([[], []]);
    room.join(ann);
    expect(changes(room)).toEqual(['+ann']);
    room.leave(ann.person, { atOnce: true });
    room.join(profile('ann', 1));
    expect(changes(room)).toEqual([]);
    room.join(profile('ann', 2));
    expect([changes(room), people(room)]).toEqual([['=ann'], [{ id: 'ann', details: 2 }]]);
  });

  test('applies new details of a person during the leave delay', () => {
    const room = followedRoom();
    const ann = profile('ann', 'old');
    room.join(ann);
    expect(changes(room)).toEqual(['+ann']);
    room.leave(ann.person, { atOnce: false });
    expect([changes(room), people(room)]).toEqual([[], [{ id: 'ann', details: 'old' }]]);
    room.join(profile('ann', 'new'));
    expect([changes(room), people(room)]).toEqual([['=ann'], [{ id: 'ann', details: 'new' }]]);
    room.expire('ann');
    expect(room.size).toBe(1);
  });

  test('has the newest details of a person on several nodes, the same on all of them', () => {
    const [here, there] = [followedRoom(), followedRoom()];
    here.join(profile('ann', 'z'));
    there.hearJoined('here', Array.from(here.local.members()));
    there.join(profile('ann', 'a'));
    here.hearJoined('there', Array.from(there.local.members()));
    expect([people(here), people(there)]).toEqual([[{ id: 'ann', details: 'a' }], [{ id: 'ann', details: 'a' }]]);
  });

  test('that is followed again announces everybody present', () => {
    const room = followedRoom();
    room.hearJoined('n', [member('ann')]);
    expect(changes(room)).toEqual(['+ann']);
    room.unfollow();
    room.hearJoined('n', [member('bob')]);
    expect(room.hasChanges).toBe(false);
    room.follow(waiting);
    expect(changes(room)).toEqual(['+ann', '+bob']);
  });

  test('without a follower has no pending leave', () => {
    const room = followedRoom();
    const ann = profile('ann');
    room.join(ann);
    room.leave(ann.person, { atOnce: false });
    expect(room.size).toBe(1);
    room.unfollow();
    expect(room.size).toBe(0);
  });

  test('that is followed for a moment announces nobody', () => {
    const room = new Room('room');
    room.hearJoined(
      'n',
      range(10).map((index) => member(`p${index}`)),
    );
    for (const _ of range(3)) {
      room.follow(waiting);
      room.hearJoined('n', [member('late')]);
      expect([room.hasChanges, room.hasNewChanges]).toEqual([true, false]);
      room.unfollow();
    }
    room.follow(waiting);
    expect(changes(room)).toHaveLength(11);
    room.hearLeft('n', ['late'], { atOnce: true });
    expect([room.hasNewChanges, changes(room)]).toEqual([true, ['-late']]);
  });
});

describe('the details of a person with several sockets', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000 }));
  afterEach(() => void vi.useRealTimers());

  const exchange = (one: Room, other: Room): unknown[] => {
    one.hearJoined('other', Array.from(other.local.members()));
    other.hearJoined('one', Array.from(one.local.members()));
    return [people(one), people(other)];
  };

  test('are those set last, even by nodes that did not know of each other', () => {
    const [one, other] = [followedRoom(), followedRoom()];
    one.join(profile('ann', 'z'));
    one.join(profile('ann', 'y'));
    vi.setSystemTime(2_000);
    other.join(profile('ann', 'a'));
    expect(exchange(one, other)).toEqual([[{ id: 'ann', details: 'a' }], [{ id: 'ann', details: 'a' }]]);
  });

  test('are those set last, even if they repeat earlier ones on a node that knows no others', () => {
    const [one, other] = [followedRoom(), followedRoom()];
    one.join(profile('ann', 'a'));
    exchange(one, other);
    vi.setSystemTime(2_000);
    one.join(profile('ann', 'z'));
    vi.setSystemTime(3_000);
    other.join(profile('ann', 'a'));
    expect(exchange(one, other)).toEqual([[{ id: 'ann', details: 'a' }], [{ id: 'ann', details: 'a' }]]);
  });

  test('are those set last, even by a node whose clock is behind', () => {
    const [one, other] = [followedRoom(), followedRoom()];
    one.join(profile('ann', 'z'));
    exchange(one, other);
    vi.setSystemTime(10);
    other.join(profile('ann', 'a'));
    expect(exchange(one, other)).toEqual([[{ id: 'ann', details: 'a' }], [{ id: 'ann', details: 'a' }]]);
  });

  test('are those of a socket that is still open, on any node', () => {
    const [one, other] = [followedRoom(), followedRoom()];
    const [first, last] = [profile('ann', 1), profile('ann', 3)];
    one.join(first);
    vi.setSystemTime(2_000);
    other.join(profile('ann', 2));
    vi.setSystemTime(3_000);
    one.join(last);
    expect(exchange(one, other)).toEqual([[{ id: 'ann', details: 3 }], [{ id: 'ann', details: 3 }]]);
    one.leave(last.person, { atOnce: false });
    expect([...one.takeNews()]).toMatchObject([{ id: 'ann', now: { text: first.text } }]);
    expect(exchange(one, other)).toEqual([[{ id: 'ann', details: 2 }], [{ id: 'ann', details: 2 }]]);
    other.forget('one');
    one.forget('other');
    for (const room of [one, other]) room.update('ann');
    expect([people(one), people(other)]).toEqual([[{ id: 'ann', details: 1 }], [{ id: 'ann', details: 2 }]]);
  });
});

describe('a message between nodes', () => {
  const longest = member('\u0001'.repeat(256), 'ä'.repeat(8_191), 2 ** 52);
  const parse = (text: string): PeopleMessage => {
    expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024);
    return parsePeopleMessage(text);
  };

  test('contains a page of lists, of any number of rooms', () => {
    const few = new ListsPage();
    expect(few.add('a', 0, [member('ann', { x: 1 }, 3)].values())).toBe(true);
    expect(few.add('b', 0, [].values())).toBe(true);
    expect([few.isEmpty, few.isFull]).toEqual([false, false]);
    expect(parse(few.encode())).toEqual({
      type: 'list',
      rooms: [
        { topic: 'a', page: 0, more: false, members: [member('ann', { x: 1 }, 3)] },
        { topic: 'b', page: 0, more: false, members: [] },
      ],
    });
    const many = new ListsPage();
    expect(
      many.add(
        'a',
        2,
        range(1_000)
          .map((index) => member(`p${index}`))
          .values(),
      ),
    ).toBe(false);
    expect(many.isFull).toBe(true);
    expect(parse(many.encode())).toMatchObject({ rooms: [{ topic: 'a', page: 2, more: true }] });
  });

  test('is short, however long the details are', () => {
    const lists = new ListsPage();
    lists.add(
      'a',
      0,
      range(100)
        .map(() => longest)
        .values(),
    );
    expect(parse(lists.encode())).toMatchObject({ rooms: [{ more: true, members: [longest, longest, longest] }] });
    const news = new NewsPage();
    while (!news.isFull) news.add('a'.repeat(256), { id: 'ann', now: longest, atOnce: false });
    parse(news.encode());
  });

  test('contains the news of any number of rooms', () => {
    const news = new NewsPage();
    news.add('a', { id: 'ann', now: member('ann', 1), atOnce: false });
    news.add('b', { id: 'bob', now: undefined, atOnce: false });
    news.add('a', { id: 'cid', now: undefined, atOnce: true });
    expect(parse(news.encode())).toEqual({
      type: 'news',
      rooms: [
        { topic: 'a', joined: [member('ann', 1)], left: [], leftAtOnce: ['cid'] },
        { topic: 'b', joined: [], left: ['bob'], leftAtOnce: [] },
      ],
    });
  });

  test('contains the digests of all rooms, and the requests, in pages', () => {
    const rooms = range(10_000).map((index) => ({ topic: `room "${index}"`, count: 1, high: 2 ** 32 - 1, low: index }));
    const beats = Array.from(beatPages(rooms), parse);
    expect(beats.flatMap((beat) => (beat.type === 'beat' ? beat.rooms : []))).toEqual(rooms);
    expect(beats.map((beat) => beat.type === 'beat' && [beat.page, beat.more])).toEqual(
      beats.map((_, page) => [page, page < beats.length - 1]),
    );
    expect(Array.from(beatPages([]), parse)).toEqual([{ type: 'beat', page: 0, more: false, rooms: [] }]);
    const topics = rooms.map(({ topic }) => topic);
    const asked = Array.from(askPages('n', topics), parse);
    expect(asked.flatMap((ask) => (ask.type === 'ask' ? ask.topics : []))).toEqual(topics);
    expect(asked[0]).toMatchObject({ type: 'ask', node: 'n' });
    expect(Array.from(askPages(undefined, ['a']), parse)).toEqual([{ type: 'ask', node: undefined, topics: ['a'] }]);
    expect([...askPages(undefined, [])]).toEqual([]);
  });

  test.each([
    '',
    'poison',
    '7',
    'null',
    '[]',
    '{"type":"here"}',
    '{"type":"news"}',
    '{"type":"news","rooms":[null]}',
    '{"type":"news","rooms":[{"topic":7}]}',
    '{"type":"news","rooms":[{"topic":"a","joined":[{"id":"ann"}]}]}',
    '{"type":"news","rooms":[{"topic":"a","joined":[[{"id":""},0]]}]}',
    '{"type":"news","rooms":[{"topic":"a","joined":[[{"id":"ann"},-1]]}]}',
    '{"type":"news","rooms":[{"topic":"a","joined":[[{"id":"ann"},1e300]]}]}',
    '{"type":"news","rooms":[{"topic":"a","left":[{}]}]}',
    '{"type":"beat","rooms":[["a",1]]}',
    '{"type":"beat","page":0.5,"rooms":[]}',
    '{"type":"ask","node":7,"topics":[]}',
    '{"type":"ask","topics":["a",7]}',
    '{"type":"list","rooms":[{"topic":"a","page":0}]}',
    `{"type":"list","rooms":[{"topic":"a","people":[[{"id":"ann","details":"${'x'.repeat(20_000)}"},0]]}]}`,
    `{"type":"ask","topics":["${'x'.repeat(200_000)}"]}`,
    `{"type":"ask","topics":[${'"",'.repeat(20_000)}""]}`,
  ])('with an unknown format is dropped: %s', (text) => {
    expect(() => parsePeopleMessage(text)).toThrow(/^it |^Invalid/);
  });
});
