import type { Feed } from '../feed/feed.ts';
import type { Told } from './pacer.ts';
import { nextTurn } from './next-turn.ts';
import { askPages, beatPages, bye, ListsPage, NewsPage } from './people-pages.ts';
import type { RoomDigest } from './people-message.ts';
import type { Room } from './room.ts';

/**
 * Tells the other nodes what this one has. Pending news of a room is always sent first, so that other nodes have
 * exactly this node's state at the moment of each message.
 */
export class PeopleVoice {
  readonly #feed: Pick<Feed, 'tell'>;
  #news = new NewsPage();

  constructor(feed: Pick<Feed, 'tell'>) {
    this.#feed = feed;
  }

  /** Adds the news of a room to the page, and sends the page once it is full; {@link sayNews} sends the rest. */
  addNews(room: Room): Told {
    let told: Told = 'nothing';
    for (const news of room.takeNews()) {
      this.#news.add(room.topic, news);
      told = 'whole';
      if (!this.#news.isFull) continue;
      this.sayNews();
      return 'more';
    }
    return told;
  }

  sayNews(): void {
    if (this.#news.isEmpty) return;
    const news = this.#news.encode();
    this.#news = new NewsPage();
    void this.#say(news);
  }

  /** Sends the digest of each room, for the others to compare. */
  async sayBeat(rooms: Iterable<Room>): Promise<void> {
    await this.#sayAll(beatPages(this.#digests(rooms)));
  }

  /** @param node the node to ask; undefined for all */
  async ask(node: string | undefined, topics: Iterable<string>): Promise<void> {
    await this.#sayAll(askPages(node, topics));
  }

  /**
   * Sends the lists of rooms.
   *
   * @param topics taken one by one, including those added meanwhile
   */
  async sayLists(topics: Set<string>, find: (topic: string) => Room | undefined): Promise<void> {
    let page = new ListsPage();
    for (const topic of topics) {
      topics.delete(topic);
      const room = find(topic);
      const members = room?.local.members() ?? [].values();
      let isWhole = false;
      for (let number = 0; !isWhole; number++) {
        if (room !== undefined) this.#bringUpToDate(room);
        isWhole = page.add(topic, number, members);
        if (!page.isFull) continue;
        const full = page;
        page = new ListsPage();
        await this.#sayInTurn(full.encode());
      }
    }
    if (!page.isEmpty) await this.#sayInTurn(page.encode());
  }

  sayBye(): void {
    void this.#say(bye);
  }

  *#digests(rooms: Iterable<Room>): Generator<RoomDigest, void> {
    for (const room of rooms) {
      this.#bringUpToDate(room);
      const { count, high, low } = room.local.digest;
      if (count > 0) yield { topic: room.topic, count, high, low };
    }
  }

  /** News added here is sent before the next page. */
  #bringUpToDate(room: Room): void {
    while (this.addNews(room) === 'more');
  }

  async #sayAll(pages: Iterable<string>): Promise<void> {
    for (const page of pages) await this.#sayInTurn(page);
  }

  /** The news of all rooms on a page is sent together, so that thousands of new rooms take few messages. */
  async #sayInTurn(text: string): Promise<void> {
    this.sayNews();
    await this.#say(text);
    await nextTurn();
  }

  /** A failure needs no retry: the digest of the next beat reveals it. */
  async #say(text: string): Promise<void> {
    await this.#feed.tell(text);
  }
}
