import { prepareMessage, type WebSocket } from '@turnout/core';
import { nextTurn } from '../people/next-turn.ts';
import { PageLimit, peopleOnPage, takeMembers } from '../people/page-limit.ts';
import type { PeopleChanges, Presence } from '../people/presence.ts';
import type { Audience } from './audience.ts';
import type { Envelope } from './envelope.ts';
import type { PresenceOptions } from './topic-options.ts';

export interface PeopleNoticesParts {
  readonly audience: Audience;
  readonly envelope: Envelope;
  readonly presence: Presence;
  readonly tell: PresenceOptions['tell'];
}

/**
 * Tells the subscribers of this node who is present, or how many. A new subscriber receives the list in pages, and
 * changes from its first page on; all that have subscribed since the last list share one.
 */
export class PeopleNotices {
  readonly #parts: PeopleNoticesParts;
  #newcomers = new Set<WebSocket>();
  /** Sockets to which the list is being sent. */
  #listed: Set<WebSocket> | undefined;
  #toldCount = 0;

  constructor(parts: PeopleNoticesParts) {
    this.#parts = parts;
  }

  /** A socket has started to receive live messages. */
  welcome(socket: WebSocket): void {
    this.#newcomers.add(socket);
    this.#parts.presence.requestTelling();
  }

  /** A socket is no longer subscribed. */
  forget(socket: WebSocket): void {
    this.#newcomers.delete(socket);
    this.#listed?.delete(socket);
  }

  onChanges(changes: PeopleChanges): void {
    if (this.#parts.tell === 'people') this.#tellPeople(changes);
    else if (!changes.more) this.#tellCount();
  }

  #tellCount(): void {
    const { audience, envelope, presence } = this.#parts;
    const isNew = presence.size !== this.#toldCount;
    if (!isNew && this.#newcomers.size === 0) return;
    this.#toldCount = presence.size;
    const text = envelope.note('count', presence.size);
    if (isNew) audience.send(text);
    else this.#send(text, this.#newcomers);
    this.#newcomers.clear();
  }

  #tellPeople({ joined, left, changed, more }: PeopleChanges): void {
    const { audience, envelope } = this.#parts;
    const here = [...joined, ...changed].map(({ text }) => text);
    const gone = left.map(({ person }) => person.id);
    const isHeard = audience.size > this.#newcomers.size;
    if (isHeard && here.length + gone.length > 0) audience.send(envelope.peopleChanges(here, gone), this.#newcomers);
    if (!more && this.#newcomers.size > 0 && this.#listed === undefined) void this.#sendList();
  }

  async #sendList(): Promise<void> {
    const { envelope, presence } = this.#parts;
    const sockets = this.#newcomers;
    this.#newcomers = new Set();
    this.#listed = sockets;
    const members = presence.members();
    let isWhole = false;
    for (let page = 0; !isWhole && sockets.size > 0; page++) {
      const taken = takeMembers(members, new PageLimit(peopleOnPage), ({ text }) => text);
      isWhole = taken.isWhole;
      this.#send(envelope.people(taken.texts, page, !isWhole), sockets);
      if (!isWhole) await nextTurn();
    }
    this.#listed = undefined;
    if (this.#newcomers.size > 0) presence.requestTelling();
  }

  #send(text: string, sockets: Iterable<WebSocket>): void {
    const prepared = prepareMessage(text);
    for (const socket of sockets) socket.send(prepared);
  }
}
