import type { DigestValue } from './digest.ts';
import { createMember, maxStamp, type Member } from './member.ts';
import { createProfile, longestDetails } from './person.ts';
import type { ListPage } from './remote-roster.ts';

/** Changes among one node's people in a room. */
export interface RoomNews {
  readonly topic: string;
  /** People who joined or have new details. */
  readonly joined: readonly Member[];
  readonly left: readonly string[];
  /** People who left without a leave delay. */
  readonly leftAtOnce: readonly string[];
}

export interface RoomDigest extends DigestValue {
  readonly topic: string;
}

export interface RoomPage extends ListPage {
  readonly topic: string;
}

/** The messages between nodes about their people. */
export type PeopleMessage =
  | { readonly type: 'news'; readonly rooms: readonly RoomNews[] }
  /** The digests of all rooms in which the node has people, in pages. */
  | { readonly type: 'beat'; readonly page: number; readonly more: boolean; readonly rooms: readonly RoomDigest[] }
  /** Asks one node, or every node with people in the rooms, for its lists. */
  | { readonly type: 'ask'; readonly node: string | undefined; readonly topics: readonly string[] }
  | { readonly type: 'list'; readonly rooms: readonly RoomPage[] }
  /** The node is shutting down. */
  | { readonly type: 'bye' };

/** Longer than any message that a Turnout node sends. */
const longest = 128 * 1024;
const most = 10_000;

/** A member on the wire: the person and the stamp. */
export function encodeMember({ text, stamp }: Member): string {
  return `[${text},${stamp}]`;
}

/** @throws {TypeError | RangeError} if it is not a Turnout message, with what is wrong */
export function parsePeopleMessage(data: string | Buffer): PeopleMessage {
  if (data.length > longest) throw new RangeError(`it has ${data.length} bytes`);
  const message = parseJson(String(data));
  switch (message['type']) {
    case 'news':
      return { type: 'news', rooms: list(message['rooms'], parseNews) };
    case 'beat':
      return { type: 'beat', ...parsePage(message), rooms: list(message['rooms'], parseDigest) };
    case 'ask':
      return {
        type: 'ask',
        node: message['node'] === undefined ? undefined : text(message['node']),
        topics: list(message['topics'], text),
      };
    case 'list':
      return { type: 'list', rooms: list(message['rooms'], parseRoomPage) };
    case 'bye':
      return { type: 'bye' };
    default:
      throw new TypeError('it has no known type');
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseNews(value: unknown): RoomNews {
  const { topic, joined = [], left = [], leftAtOnce = [] } = fields(value);
  return {
    topic: text(topic),
    joined: list(joined, parseMember),
    left: list(left, text),
    leftAtOnce: list(leftAtOnce, text),
  };
}

function parseDigest(value: unknown): RoomDigest {
  const [topic, count, high, low] = list(value, (each) => each);
  return { topic: text(topic), count: whole(count), high: whole(high), low: whole(low) };
}

function parseRoomPage(value: unknown): RoomPage {
  const message = fields(value);
  return { topic: text(message['topic']), ...parsePage(message), members: list(message['people'], parseMember) };
}

function parsePage({ page = 0, more = false }: Fields): { page: number; more: boolean } {
  return { page: whole(page), more: more === true };
}

function parseMember(value: unknown): Member {
  const [person, stamp] = list(value, (each) => each);
  return createMember(createProfile(person, longestDetails), whole(stamp));
}

function parseJson(data: string): Fields {
  try {
    return fields(JSON.parse(data));
  } catch {
    throw new TypeError('it is not a JSON object');
  }
}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new TypeError('it lacks an object');
  return value as Fields;
}

function list<Item>(value: unknown, parse: (item: unknown) => Item): Item[] {
  if (!Array.isArray(value) || value.length > most) throw new TypeError('it lacks a list');
  return value.map(parse);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('it lacks a string');
  return value;
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > maxStamp) {
    throw new TypeError('it lacks a whole number');
  }
  return value as number;
}
