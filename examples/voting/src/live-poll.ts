import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from '@turnout/express';
import { createHub, type Hub, type Topic } from '@turnout/topics';
import type { Candidate, Counted, Vote, VoteStore } from './candidates.ts';

export interface User {
  /** A fresh UUID for each sign-in. */
  readonly id: string;
  readonly name: string;
}

/** How long, in ms, people who come and go are gathered before all are told who is there. */
const gatherTime = 100;

/**
 * How long, in ms, until processes that could not be reached are told again, and counts that could not be read are
 * read.
 */
const retryDelay = 500;

/**
 * Tells every open page the counts, who is there, and alerts. Pages of other processes get them by the hub that the
 * processes share; how fast a page reads is known to its own process alone, which keeps the newest for it.
 */
export class LivePoll {
  readonly #votes: VoteStore;
  /** Of this process. */
  readonly #here = createHub();
  readonly #counts = this.#here.topic('counts', { slow: 'latest' });
  readonly #users = this.#here.topic('users', { slow: 'latest' });
  readonly #audience: Topic;
  readonly #alerts: Topic;
  readonly #known = new Map<string, number>();
  /** Counts that the processes have not been told yet. */
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

  /** The candidates with their counts, of which the pages are told where they are news. */
  async candidates(): Promise<Candidate[]> {
    const candidates = await this.#votes.all();
    for (const { id, count } of candidates) this.#raise(id, count);
    return candidates;
  }

  users(): User[] {
    return this.#audience.people().map(({ id, details }) => ({ id, name: String(details) }));
  }

  /** Brings a page up to date, and keeps it so. */
  async join(socket: WebSocket, user: User): Promise<void> {
    // First, so that nothing is missed: a page never goes back from a higher count to a lower.
    await Promise.all([
      this.#counts.subscribe(socket),
      this.#users.subscribe(socket),
      this.#alerts.subscribe(socket),
      this.#audience.subscribe(socket, { person: { id: user.id, details: user.name } }),
    ]);
    socket.send(JSON.stringify({ type: 'snapshot', data: { candidates: await this.candidates(), you: user } }));
    socket.send(this.#usersMessage());
  }

  /** Counts a vote, and tells everybody once it is stored; undefined for an unknown candidate. */
  async vote(vote: Vote): Promise<Counted | undefined> {
    const counted = await this.#votes.add(vote);
    // Also of one that was counted before: who counted it may have ended before it told anybody.
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
   * Publishes what was counted while the processes were disconnected. Each process does, as some reconnect before
   * others have counted all their votes.
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

  /** Until all processes have been reached. */
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

  /** Counts of several processes come in any order: only a higher one is news. */
  #raise(id: string, count: number): void {
    if (count <= (this.#known.get(id) ?? 0)) return;
    this.#known.set(id, count);
    const message = JSON.stringify({ type: 'vote', data: { user_id: id, count } });
    // It fails only once the poll is closed.
    this.#counts.publish(message, { key: id }).catch(() => {});
  }

  /** Once for all who come and go in a moment: everybody is told of everybody. */
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
