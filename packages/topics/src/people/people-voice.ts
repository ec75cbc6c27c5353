import type { Feed } from '../feed/feed.ts';
import type { Told } from './pacer.ts';
import { nextTurn } from './next-turn.ts';
import { askPages, beatPages, bye, ListsPage, NewsPage } from './people-pages.ts';
import type { RoomDigest } from './people-message.ts';
import type { Room } from './room.ts';

/**
 * Says to the other nodes what this one has. Whatever is said of a room follows its news: so what another node has
 * heard of it is at each point just what this node had.
 */
export class PeopleVoice {
  readonly #feed: Pick<Feed, 'tell'>;
  #news = new NewsPage();

  constructor(feed: Pick<Feed, 'tell'>) {
    this.#feed = feed;
  }

  /** Takes the news of a room until there is a page of them, which is said; less is said by {@link sayNews}. */
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

  /** What each of the rooms should be to the others. */
  async sayBeat(rooms: Iterable<Room>): Promise<void> {
    await this.#sayAll(beatPages(this.#digests(rooms)));
  }

  /** @param node that is asked; undefined for all */
  async ask(node: string | undefined, topics: Iterable<string>): Promise<void> {
    await this.#sayAll(askPages(node, topics));
  }

  /**
   * Says the lists of rooms.
   *
   * @param topics taken one after the other, also those that are added meanwhile
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

  /** What is added here is said before the next page. */
  #bringUpToDate(room: Room): void {
    while (this.addNews(room) === 'more');
  }

  async #sayAll(pages: Iterable<string>): Promise<void> {
    for (const page of pages) await this.#sayInTurn(page);
  }

  /** One page of news for all rooms of a page: thousands that have just been joined are told in few messages. */
  async #sayInTurn(text: string): Promise<void> {
    this.sayNews();
    await this.#say(text);
    await nextTurn();
  }

  /** What does not arrive shows in the digest of a beat. */
  async #say(text: string): Promise<void> {
    await this.#feed.tell(text);
  }
}
