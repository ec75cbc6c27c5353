import { prepareMessage, type PreparedMessage, type WebSocket } from '@turnout/core';
import type { Subscribed } from '../delivery/envelope.ts';
import { Envelope } from '../delivery/envelope.ts';
import type { Position } from '../bus/position.ts';
import type { Replica } from './replica.ts';
import { StatePages, type KeyRule } from './state-pages.ts';

/** A socket that is kept up to date. */
export interface StateReader {
  readonly socket: WebSocket;
  readonly rule: KeyRule;
  /** The number of the last change that it was sent; undefined if it needs the whole state. */
  sent: number | undefined;
  /** The epoch of its position; undefined until it has begun. */
  epoch: string | undefined;
  /** Whether it is being sent more than its socket takes at once: what changes meanwhile is sent after that. */
  isBusy: boolean;
}

/**
 * Sends the subscribers of this node what has changed since they were last sent something: nothing is queued for a slow
 * one, which gets the newest value of each key once its socket takes more.
 */
export class StateAudience {
  readonly #replica: Replica;
  readonly #envelope: Envelope;
  readonly #pages: StatePages;
  readonly #readers = new Map<WebSocket, StateReader>();
  #isFlushing = false;
  /** What subscribers without a rule get, by the last change that they have; all as of one position. */
  readonly #shared = new Map<string, readonly PreparedMessage[]>();
  #sharedAt = '';

  constructor(name: string, replica: Replica) {
    this.#replica = replica;
    this.#envelope = new Envelope(name);
    this.#pages = new StatePages(name, replica);
  }

  get size(): number {
    return this.#readers.size;
  }

  add(socket: WebSocket, rule: KeyRule): StateReader {
    const reader: StateReader = { socket, rule, sent: undefined, epoch: undefined, isBusy: false };
    this.#readers.set(socket, reader);
    return reader;
  }

  /** Whether this subscription is still current: the socket has neither unsubscribed nor subscribed again. */
  has(reader: StateReader): boolean {
    return this.#readers.get(reader.socket) === reader;
  }

  remove(socket: WebSocket): boolean {
    return this.#readers.delete(socket);
  }

  /** Begins a subscription, of a client that has the state as it was at a position. `null` before it is loaded. */
  begin(reader: StateReader, since: Position | undefined): Subscribed | null {
    const { place } = this.#replica;
    if (place === undefined) return null;
    const sent = since && this.#replica.numberAt(since);
    const start = sent === undefined || since === undefined ? place : { epoch: place.epoch, offset: since.offset };
    const subscribed = { ...start, recovered: sent !== undefined };
    reader.sent = sent;
    reader.epoch = place.epoch;
    reader.socket.send(this.#envelope.note('subscribed', subscribed));
    this.#serve(reader);
    return subscribed;
  }

  /** Sends what has changed, once for all changes of a turn of the event loop. */
  flushSoon(): void {
    if (this.#isFlushing || this.#readers.size === 0) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      for (const reader of this.#readers.values()) if (reader.epoch !== undefined) this.#serve(reader);
    });
  }

  /** Sends a subscriber what it lacks, as far as its socket takes it at once; the rest follows. */
  #serve(reader: StateReader): void {
    if (reader.isBusy) return;
    const changed = reader.sent === undefined ? undefined : this.#replica.changedAfter(reader.sent);
    if (changed === undefined) void this.#sendAll(reader);
    else if (!this.#sendChanges(reader, changed)) void this.#waitFor(reader);
  }

  /** @returns whether the socket takes more */
  #sendChanges(reader: StateReader, changed: ReadonlySet<string>): boolean {
    const { place } = this.#replica;
    if (place === undefined) return true;
    const isNewEpoch = place.epoch !== reader.epoch;
    if (changed.size === 0 && !isNewEpoch) return true;
    const messages = this.#messagesFor(reader, changed, place);
    reader.sent = this.#replica.lastChange;
    reader.epoch = place.epoch;
    let takesMore = true;
    for (const message of messages) takesMore = reader.socket.send(message) && takesMore;
    return takesMore;
  }

  #messagesFor(
    { sent, epoch, rule }: StateReader,
    changed: ReadonlySet<string>,
    place: Position,
  ): readonly PreparedMessage[] {
    const isNewEpoch = place.epoch !== epoch;
    const build = (): PreparedMessage[] =>
      (this.#pages.changes(changed, place, { rule, isNewEpoch }) ?? []).map((text) => prepareMessage(text));
    if (rule !== undefined) return build();
    const at = `${place.offset} ${this.#replica.lastChange}`;
    if (at !== this.#sharedAt) this.#shared.clear();
    this.#sharedAt = at;
    const name = `${sent} ${isNewEpoch}`;
    const messages = this.#shared.get(name) ?? build();
    this.#shared.set(name, messages);
    return messages;
  }

  /** A slow socket is not sent anything until it takes more. */
  async #waitFor(reader: StateReader): Promise<void> {
    reader.isBusy = true;
    const isOpen = await reader.socket.drained();
    reader.isBusy = false;
    if (isOpen && this.has(reader)) this.#serve(reader);
  }

  async #sendAll(reader: StateReader): Promise<void> {
    const { socket, rule } = reader;
    const { place } = this.#replica;
    if (place === undefined) return;
    reader.isBusy = true;
    reader.sent = this.#replica.lastChange;
    reader.epoch = place.epoch;
    for (const page of this.#pages.snapshot(rule, place)) {
      // oxlint-disable-next-line no-await-in-loop -- as fast as the socket takes it
      const isOpen = socket.send(page) || (await socket.drained());
      if (!isOpen || !this.has(reader)) return;
    }
    reader.isBusy = false;
    this.#serve(reader);
  }
}
