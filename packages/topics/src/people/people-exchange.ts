import type { BusMessage } from '../bus/broker.ts';
import { Feed } from '../feed/feed.ts';
import type { HubContext } from '../feed/hub-context.ts';
import { Answers } from './answers.ts';
import { LeaveDelay } from './leave-delay.ts';
import { Pacer, type Told } from './pacer.ts';
import { PeopleHearing } from './people-hearing.ts';
import { parsePeopleMessage, type PeopleMessage } from './people-message.ts';
import { PeopleVoice } from './people-voice.ts';
import { Questions } from './questions.ts';
import type { Room } from './room.ts';
import { Rooms, type Follower, type Seat } from './rooms.ts';

/** Identifies one period of holding the feed, to tell it from earlier ones. */
type Link = Readonly<Record<never, never>>;

/**
 * Tracks who is in the rooms of a hub, on all nodes. Each node announces changes of its own people, and with each beat
 * the digest of each room; a node whose digest differs asks for the list. What a node has announced holds as long as
 * the node is alive.
 */
export class PeopleExchange {
  readonly #context: HubContext;
  readonly #interval: number;
  readonly #feed: Feed;
  readonly #rooms = new Rooms();
  readonly #voice: PeopleVoice;
  readonly #questions: Questions;
  readonly #answers: Answers;
  readonly #hearing: PeopleHearing;
  readonly #pacer: Pacer<Seat>;
  #timer: NodeJS.Timeout | undefined;
  #link: Link | undefined;
  /** Beats and lists are sent one after the other. */
  #speech: Promise<void> = Promise.resolve();
  #isBeating = false;

  /** @param interval of the beats, in ms */
  constructor(context: HubContext, interval: number) {
    this.#context = context;
    this.#interval = interval;
    this.#feed = new Feed({ name: '\u0000people', history: null }, context, {
      onMessage: (message) => this.#receive(message),
      // The digests of the next beat reveal anything that is missing.
      onGap: () => {},
    });
    const rooms = this.#rooms;
    this.#voice = new PeopleVoice(this.#feed);
    this.#questions = new Questions(this.#voice);
    this.#answers = new Answers((topics) =>
      this.#speak(() => this.#voice.sayLists(topics, (topic) => rooms.find(topic))),
    );
    const onHeard = (topic: string): void => this.update(topic);
    this.#hearing = new PeopleHearing({
      id: context.id,
      rooms,
      questions: this.#questions,
      answers: this.#answers,
      onHeard,
    });
    this.#pacer = new Pacer<Seat>(
      (seat) => this.#tell(seat),
      () => this.#voice.sayNews(),
    );
  }

  /** A room has at most one follower, until {@link unfollow}. */
  follow(topic: string, follower: Follower): Room {
    const seat = this.#rooms.seat(topic) ?? this.#add(topic);
    const { room } = seat;
    seat.follower = follower;
    seat.idleBeats = 0;
    room.follow(
      new LeaveDelay(follower.leaveDelay, (id) => {
        room.expire(id);
        this.#pacer.add(seat);
      }),
    );
    this.#pacer.add(seat);
    return room;
  }

  /** Tells the follower's pending changes first, if it was told of the room before. */
  unfollow(topic: string): void {
    const seat = this.#rooms.seat(topic);
    if (seat?.follower === undefined) return;
    while (seat.room.hasNewChanges && seat.follower.tell() === 'more');
    seat.follower = undefined;
    seat.room.unfollow();
  }

  /** A room has changed. */
  update(topic: string): void {
    const seat = this.#rooms.seat(topic);
    if (seat !== undefined) this.#pacer.add(seat);
  }

  /** Stops telling changes, and tells the other nodes that this node's people have left. */
  stop(): void {
    this.#pacer.stop();
    for (const room of this.#rooms.all()) room.unfollow();
    this.#rooms.clear();
    this.#close();
  }

  #add(topic: string): Seat {
    this.#questions.add(undefined, topic);
    this.#timer ??= setInterval(() => this.#beat(), this.#interval).unref();
    this.#join();
    return this.#rooms.add(topic);
  }

  #join(): void {
    if (this.#link !== undefined) return;
    const link: Link = {};
    this.#link = link;
    this.#feed.hold().then(
      () => {
        if (this.#link === link) this.#questions.open();
      },
      // The next beat tries again.
      () => this.#leave(link),
    );
  }

  #leave(link: Link | undefined): void {
    if (link === undefined || this.#link !== link) return;
    this.#link = undefined;
    this.#feed.release();
  }

  #close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#voice.sayBye();
    this.#questions.close();
    this.#answers.close();
    this.#hearing.clear();
    this.#leave(this.#link);
  }

  #receive({ origin, data }: BusMessage): void {
    const node = origin.slice(0, origin.indexOf('.'));
    if (node === this.#context.id) return;
    let message: PeopleMessage;
    try {
      message = parsePeopleMessage(data);
    } catch (error) {
      this.#context.dropForeign(this.#feed.topic.name, (error as Error).message);
      return;
    }
    this.#hearing.hear(node, message);
  }

  /** Tells the other nodes and the subscribers of this one. */
  #tell({ room, follower }: Seat): Told {
    const [one, other] = [this.#voice.addNews(room), follower?.tell() ?? 'nothing'];
    if (one === 'more' || other === 'more') return 'more';
    return one === 'whole' || other === 'whole' ? 'whole' : 'nothing';
  }

  #speak(say: () => Promise<void>): void {
    this.#speech = this.#speech.then(say);
  }

  #beat(): void {
    this.#hearing.beat();
    this.#answers.beat();
    for (const seat of this.#rooms.beat()) {
      this.#tell(seat);
      this.#pacer.delete(seat);
    }
    this.#voice.sayNews();
    if (this.#rooms.isEmpty) return this.#close();
    this.#join();
    // The previous beat may still be waiting for a long list.
    if (this.#isBeating) return undefined;
    this.#isBeating = true;
    return this.#speak(() => this.#sayBeat());
  }

  async #sayBeat(): Promise<void> {
    await this.#voice.sayBeat(this.#rooms.all());
    this.#isBeating = false;
  }
}
