import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from '@turnout/express';
import { createHub, type Hub, type Topic } from '@turnout/topics';
import type { Candidate, Counted, Vote, VoteStore } from './candidates.ts';

export interface User {
  /** A fresh UUID for each sign-in. */
  readonly id: string;
  readonly name: string;
}

/** How long, in ms, joins and leaves are gathered before the list of people is published. */
const gatherTime = 100;

/**
 * How long, in ms, to wait before retrying to reach the other processes, and to read the counts.
 */
const retryDelay = 500;

/**
 * Publishes the counts, the people online and alerts to every open page. Pages of other processes receive them through
 * the shared hub; only its own process knows how fast a page reads, and keeps the newest data for it.
 */
export class LivePoll {
  readonly #votes: VoteStore;
  /** The hub of this process. */
  readonly #here = createHub();
  readonly #counts = this.#here.topic('counts', { slow: 'latest' });
  readonly #users = this.#here.topic('users', { slow: 'latest' });
  readonly #audience: Topic;
  readonly #alerts: Topic;
  readonly #known = new Map<string, number>();
  /** Counts that have not been published to the processes yet. */
  readonly #news = new Map<string, number>();
  readonly #tellNodes: (text: string) => Promise<boolean>;
  readonly #unfollow: () => void;
  #isTellingUsers = false;
  #isTellingNews = false;
  #isClosed = false;

  constructor(votes: VoteStore, hub: Hub) {
    this.#votes = votes;
    this.#alerts = hub.topic('alerts');
    this.#audience = hub.topic('audience', { presence: true });
    this.#audience.on('join', () => this.#tellUsers()).on('leave', () => this.#tellUsers());
    this.#unfollow = this.#audience.follow();
    const catchUp = (): void => void this.#catchUp();
    const onCount = (text: string): void => {
      const { id, count } = JSON.parse(text) as Pick<Candidate, 'id' | 'count'>;
      this.#raise(id, count);
    };
    this.#tellNodes = hub.link('counts', onCount, catchUp);
    hub.on('restored', catchUp);
  }

  /** Reads the candidates with their counts, and publishes new counts to the pages. */
  async candidates(): Promise<Candidate[]> {
    const candidates = await this.#votes.all();
    for (const { id, count } of candidates) this.#raise(id, count);
    return candidates;
  }

  users(): User[] {
    return this.#audience.people().map(({ id, details }) => ({ id, name: String(details) }));
  }

  /** Brings a page up to date, and keeps it up to date. */
  async join(socket: WebSocket, user: User): Promise<void> {
    // First, so that nothing is missed: a page never replaces a higher count with a lower one.
    await Promise.all([
      this.#counts.subscribe(socket),
      this.#users.subscribe(socket),
      this.#alerts.subscribe(socket),
      this.#audience.subscribe(socket, { person: { id: user.id, details: user.name } }),
    ]);
    socket.send(JSON.stringify({ type: 'snapshot', data: { candidates: await this.candidates(), you: user } }));
    socket.send(this.#usersMessage());
  }

  /** Counts a vote, and publishes the count once it is stored; undefined for an unknown candidate. */
  async vote(vote: Vote): Promise<Counted | undefined> {
    const counted = await this.#votes.add(vote);
    // Also for a vote that was counted before: the process that counted it may have ended before it published the
    // count.
    if (counted !== undefined) this.#tellCount(counted);
    return counted;
  }

  async alert(): Promise<void> {
    await this.#alerts.publish(JSON.stringify({ type: 'alert' }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unfollow();
    await this.#here.close();
  }

  /**
   * Publishes the counts of votes from while the processes were disconnected. Each process does, because some reconnect
   * before others have counted all their votes.
   */
  async #catchUp(): Promise<void> {
    while (!this.#isClosed) {
      const candidates = await this.#votes.all().catch(() => undefined);
      if (candidates !== undefined) return candidates.forEach((candidate) => this.#tellCount(candidate));
      await delay(retryDelay, undefined, { ref: false });
    }
  }

  /** Once for all votes for a candidate that are counted in one turn of the event loop. */
  #tellCount({ id, count }: Pick<Candidate, 'id' | 'count'>): void {
    this.#news.set(id, Math.max(count, this.#news.get(id) ?? 0));
    if (this.#isTellingNews) return;
    this.#isTellingNews = true;
    setImmediate(() => void this.#tellNews());
  }

  /** Retries until all processes have been reached. */
  async #tellNews(): Promise<void> {
    while (this.#news.size > 0 && !this.#isClosed) {
      const news = [...this.#news];
      this.#news.clear();
      const reached = await Promise.all(
        news.map(([id, count]) => this.#tellNodes(JSON.stringify({ id, count })).catch(() => false)),
      );
      if (reached.every(Boolean)) continue;
      for (const [id, count] of news) this.#news.set(id, Math.max(count, this.#news.get(id) ?? 0));
      await delay(retryDelay, undefined, { ref: false });
    }
    this.#isTellingNews = false;
  }

  /** Counts of several processes arrive in any order: only a higher one is news. */
  #raise(id: string, count: number): void {
    if (count <= (this.#known.get(id) ?? 0)) return;
    this.#known.set(id, count);
    const message = JSON.stringify({ type: 'vote', data: { user_id: id, count } });
    // Fails only once the poll is closed.
    this.#counts.publish(message, { key: id }).catch(() => {});
  }

  /** Publishes the whole list once for all joins and leaves within a short time. */
  #tellUsers(): void {
    if (this.#isTellingUsers) return;
    this.#isTellingUsers = true;
    setTimeout(() => {
      this.#isTellingUsers = false;
      void this.#users.publish(this.#usersMessage()).catch(() => {});
    }, gatherTime).unref();
  }

  #usersMessage(): string {
    return JSON.stringify({ type: 'users', data: this.users() });
  }
}
