import type { Answers } from './answers.ts';
import { BeatIntake } from './beat-intake.ts';
import { nextTurn } from './next-turn.ts';
import { NodeLeases } from './node-leases.ts';
import { peopleOnPage } from './page-limit.ts';
import type { PeopleMessage } from './people-message.ts';
import type { Questions } from './questions.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';

export interface HearingParts {
  /** The id of this node. */
  readonly id: string;
  readonly rooms: Rooms;
  readonly questions: Questions;
  readonly answers: Answers;
  /** A room may have changed. */
  onHeard(topic: string): void;
}

type Message<Type extends PeopleMessage['type']> = Extract<PeopleMessage, { readonly type: Type }>;

/** Applies messages of other nodes to the rooms of this one. */
export class PeopleHearing {
  readonly #parts: HearingParts;
  readonly #leases = new NodeLeases();
  readonly #beats = new BeatIntake();

  constructor(parts: HearingParts) {
    this.#parts = parts;
  }

  hear(node: string, message: PeopleMessage): void {
    this.#leases.hear(node);
    switch (message.type) {
      case 'news':
        return this.#onNews(node, message);
      case 'beat':
        return this.#onBeat(node, message);
      case 'ask':
        return this.#onAsk(node, message);
      case 'list':
        return this.#onList(node, message);
      case 'bye':
        this.#leases.end(node);
        return this.#forget(node);
    }
  }

  /** A beat of this node: forgets nodes that have been silent for too long. */
  beat(): void {
    for (const node of this.#leases.beat()) this.#forget(node);
  }

  clear(): void {
    this.#leases.clear();
    this.#beats.clear();
  }

  #onNews(node: string, { rooms }: Message<'news'>): void {
    for (const { topic, joined, left, leftAtOnce } of rooms) {
      const room = this.#parts.rooms.find(topic);
      if (room === undefined) continue;
      room.hearLeft(node, left, { atOnce: false });
      room.hearLeft(node, leftAtOnce, { atOnce: true });
      room.hearJoined(node, joined);
      this.#parts.onHeard(topic);
    }
  }

  #onBeat(node: string, beat: Message<'beat'>): void {
    const { rooms, questions } = this.#parts;
    for (const digest of beat.rooms) {
      if (rooms.find(digest.topic)?.matches(node, digest) === false) questions.add(node, digest.topic);
    }
    const mentioned = this.#beats.add(node, beat);
    if (mentioned !== undefined) this.#forget(node, (room) => !mentioned.has(room.topic));
  }

  #onAsk(from: string, { node, topics }: Message<'ask'>): void {
    const { id, rooms, answers } = this.#parts;
    if (node !== undefined && node !== id) return;
    for (const topic of topics) {
      // If this node is asked by name, it answers even if nobody is in the room.
      const count = rooms.find(topic)?.local.size ?? 0;
      if (node === id || count > 0) answers.add(from, topic);
    }
  }

  #onList(node: string, { rooms }: Message<'list'>): void {
    for (const page of rooms) {
      const room = this.#parts.rooms.find(page.topic);
      if (room === undefined) continue;
      room.hearList(node, page);
      this.#parts.onHeard(page.topic);
    }
  }

  /** A node has nobody in these rooms, by default in any room. */
  #forget(node: string, isForgotten: (room: Room) => boolean = () => true): void {
    const lists: { readonly room: Room; readonly ids: Iterable<string> }[] = [];
    for (const room of this.#parts.rooms.all()) {
      if (room.knows(node) && isForgotten(room)) lists.push({ room, ids: room.forget(node) });
    }
    void this.#updateAll(lists);
  }

  /** Messages may arrive between turns: each update uses the state at that moment. */
  async #updateAll(lists: readonly { readonly room: Room; readonly ids: Iterable<string> }[]): Promise<void> {
    let count = 0;
    for (const { room, ids } of lists) {
      for (const id of ids) {
        room.update(id);
        if (++count % peopleOnPage === 0) await nextTurn();
      }
      this.#parts.onHeard(room.topic);
    }
  }
}
