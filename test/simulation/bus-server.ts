import { decodeBusMessage, type BrokerTopic, type BusMessage, type HistoryPage, type Position } from '@turnout/topics';
import type { VirtualClock } from '@turnout/test-kit/virtual-clock';

/** What is known about each received message, for the checks. */
export interface BusObserver {
  onArrival(topic: BrokerTopic, message: BusMessage, position: Position | null): void;
  /** The new server lacks the newest messages of a history. */
  onHistoryLost(topic: string, offset: number): void;
  /** A new epoch of the history reveals it. */
  onLossNoticed(topic: string): void;
}

/** The server's view of a node's connection. */
export interface BusPeer {
  push(topic: BrokerTopic, bytes: Buffer, position: Position | null): void;
}

interface Entry {
  readonly offset: number;
  readonly at: number;
  readonly bytes: Buffer;
}

export interface History {
  epoch: string;
  offset: number;
  /** Earlier epochs, each with the last offset that it has in common with the current one. */
  former: readonly Position[];
  /** The server that wrote it, of those that have taken over from each other. */
  server: number;
  entries: Entry[];
}

/** The server of a broker: pub/sub, and histories. It handles everything immediately, in order of arrival. */
export class BusServer {
  readonly #clock: VirtualClock;
  readonly #observer: BusObserver;
  readonly #peers = new Map<string, Set<BusPeer>>();
  readonly #histories = new Map<string, History>();
  #epochs = 0;
  #servers = 0;
  /** The requests that it received. */
  requests = 0;

  constructor(clock: VirtualClock, observer: BusObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  join({ name }: BrokerTopic, peer: BusPeer): void {
    this.requests++;
    const peers = this.#peers.get(name) ?? new Set();
    this.#peers.set(name, peers.add(peer));
  }

  leave({ name }: BrokerTopic, peer: BusPeer): void {
    this.requests++;
    this.#peers.get(name)?.delete(peer);
  }

  /** A connection has ended. */
  forget(peer: BusPeer): void {
    for (const peers of this.#peers.values()) peers.delete(peer);
  }

  /** @param known the latest offset that the node knows */
  publish(topic: BrokerTopic, bytes: Buffer, known?: Position): Position | null {
    this.requests++;
    const position = topic.history === null ? null : this.#keep(topic, bytes, known);
    this.#observer.onArrival(topic, decodeBusMessage(bytes), position);
    for (const peer of this.#peers.get(topic.name) ?? []) peer.push(topic, bytes, position);
    return position;
  }

  /** @param known the latest offset that the node knows */
  read(topic: BrokerTopic, since: number, known?: Position): HistoryPage {
    this.requests++;
    this.#renew(topic.name, known);
    const { epoch, offset, former } = this.#historyOf(topic.name);
    const messages = this.#kept(topic)
      .filter((entry) => entry.offset > since)
      .map((entry) => ({ offset: entry.offset, message: decodeBusMessage(entry.bytes) }));
    return { position: { epoch, offset }, former, messages };
  }

  /** It restarts, or a replica takes over, and lacks the newest messages of each history. */
  failOver(lag: () => number): void {
    this.#peers.clear();
    this.#servers++;
    for (const [name, history] of this.#histories) {
      const lost = Math.min(lag(), history.offset);
      if (lost === 0) continue;
      history.offset -= lost;
      history.entries = history.entries.filter(({ offset }) => offset <= history.offset);
      this.#observer.onHistoryLost(name, history.offset);
    }
  }

  /** It restarts empty. */
  wipe(): void {
    this.#peers.clear();
    for (const name of this.#histories.keys()) {
      this.#observer.onHistoryLost(name, 0);
      this.#observer.onLossNoticed(name);
    }
    this.#histories.clear();
  }

  #keep(topic: BrokerTopic, bytes: Buffer, known: Position | undefined): Position {
    this.#renew(topic.name, known);
    const history = this.#historyOf(topic.name);
    if (history.server !== this.#servers) this.takeOver(history);
    history.offset++;
    history.entries.push({ offset: history.offset, at: this.#clock.now, bytes });
    history.entries = this.#kept(topic);
    return { epoch: history.epoch, offset: history.offset };
  }

  /** The server that took over may reuse the offsets of lost messages: in another epoch. */
  protected takeOver(history: History): void {
    const { epoch, offset } = history;
    history.former = [...history.former, { epoch, offset }];
    this.#beginEpoch(history);
  }

  /** A server that has less than was known has lost it: earlier positions are no longer valid. */
  #renew(name: string, known: Position | undefined): void {
    const history = this.#historyOf(name);
    const end = [history, ...history.former].find(({ epoch }) => epoch === known?.epoch);
    if (known === undefined || end === undefined || known.offset <= end.offset) return;
    history.former = [];
    this.#beginEpoch(history);
    this.#observer.onLossNoticed(name);
  }

  #beginEpoch(history: History): void {
    history.epoch = this.#createEpoch();
    history.server = this.#servers;
  }

  #createEpoch(): string {
    return `epoch-${this.#epochs++}`;
  }

  #kept({ name, history: options }: BrokerTopic): Entry[] {
    const { size, ttl } = options ?? { size: 0, ttl: 0 };
    return this.#historyOf(name)
      .entries.slice(-size)
      .filter(({ at }) => at > this.#clock.now - ttl);
  }

  #historyOf(name: string): History {
    const known = this.#histories.get(name);
    if (known !== undefined) return known;
    const [epoch, server] = [this.#createEpoch(), this.#servers];
    const history: History = { epoch, offset: 0, former: [], server, entries: [] };
    this.#histories.set(name, history);
    return history;
  }
}
