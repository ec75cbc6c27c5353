import type { Member } from './member.ts';
import { PageLimit, peopleOnPage, takeMembers } from './page-limit.ts';
import { encodeMember, type RoomDigest } from './people-message.ts';
import type { News } from './room.ts';

/** A page of changes in the rooms of this node, for the other nodes. */
export class NewsPage {
  readonly #limit = new PageLimit(peopleOnPage);
  readonly #rooms = new Map<string, { joined: string[]; left: string[]; leftAtOnce: string[] }>();

  get isFull(): boolean {
    return this.#limit.isFull;
  }

  get isEmpty(): boolean {
    return this.#limit.isEmpty;
  }

  add(topic: string, { id, now, atOnce }: News): void {
    const room = this.#rooms.get(topic) ?? { joined: [], left: [], leftAtOnce: [] };
    this.#rooms.set(topic, room);
    const text = now === undefined ? JSON.stringify(id) : encodeMember(now);
    if (now !== undefined) room.joined.push(text);
    else if (atOnce) room.leftAtOnce.push(text);
    else room.left.push(text);
    this.#limit.add(topic + text);
  }

  encode(): string {
    const rooms = Array.from(this.#rooms, ([topic, { joined, left, leftAtOnce }]) => {
      const lists = `"joined":[${joined.join()}],"left":[${left.join()}],"leftAtOnce":[${leftAtOnce.join()}]`;
      return `{"topic":${JSON.stringify(topic)},${lists}}`;
    });
    return `{"type":"news","rooms":[${rooms.join()}]}`;
  }
}

/** A page of the lists of rooms, or of parts of them. */
export class ListsPage {
  readonly #limit = new PageLimit(peopleOnPage);
  readonly #rooms: string[] = [];

  get isFull(): boolean {
    return this.#limit.isFull;
  }

  get isEmpty(): boolean {
    return this.#limit.isEmpty;
  }

  /** @returns whether these were the last members */
  add(topic: string, page: number, members: Iterator<Member>): boolean {
    this.#limit.add(topic);
    const { texts, isWhole } = takeMembers(members, this.#limit, encodeMember);
    const place = `"topic":${JSON.stringify(topic)},"page":${page},"more":${!isWhole}`;
    this.#rooms.push(`{${place},"people":[${texts.join()}]}`);
    return isWhole;
  }

  encode(): string {
    return `{"type":"list","rooms":[${this.#rooms.join()}]}`;
  }
}

/** The digests of rooms, in pages; at least one page, as a beat also says that the node is alive. */
export function* beatPages(rooms: Iterable<RoomDigest>): Generator<string, void> {
  let page = 0;
  for (const { texts, more } of textPages(digestTexts(rooms))) {
    yield `{"type":"beat","page":${page++},"more":${more},"rooms":[${texts.join()}]}`;
  }
}

/** @param node the node to ask; undefined for all */
export function* askPages(node: string | undefined, topics: Iterable<string>): Generator<string, void> {
  const to = node === undefined ? '' : `"node":${JSON.stringify(node)},`;
  for (const { texts } of textPages(jsonTexts(topics))) {
    if (texts.length > 0) yield `{"type":"ask",${to}"topics":[${texts.join()}]}`;
  }
}

export const bye = '{"type":"bye"}';

/** The last page may be empty. */
function* textPages(texts: Iterable<string>): Generator<{ texts: string[]; more: boolean }, void> {
  let limit = new PageLimit(Infinity);
  let page: string[] = [];
  for (const text of texts) {
    page.push(text);
    limit.add(text);
    if (!limit.isFull) continue;
    yield { texts: page, more: true };
    limit = new PageLimit(Infinity);
    page = [];
  }
  yield { texts: page, more: false };
}

function* digestTexts(rooms: Iterable<RoomDigest>): Generator<string, void> {
  for (const { topic, count, high, low } of rooms) yield JSON.stringify([topic, count, high, low]);
}

function* jsonTexts(texts: Iterable<string>): Generator<string, void> {
  for (const text of texts) yield JSON.stringify(text);
}
