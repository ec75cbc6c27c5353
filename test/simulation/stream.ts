import type { Person, Position } from '@turnout/topics';
import type { TopicName } from './topics.ts';

export type StreamEvent =
  | {
      readonly type: 'subscribed';
      readonly at: number;
      readonly recovered: boolean;
      readonly position: Partial<Position>;
    }
  | { readonly type: 'data'; readonly at: number; readonly id: number; readonly offset: number | undefined }
  | { readonly type: 'gap'; readonly at: number; readonly position: Partial<Position> };

/** A subscription, and everything received from it. */
export interface Stream {
  readonly name: string;
  readonly topic: TopicName;
  /** `socket`: over one connection. `client`: over as many as it needs. */
  readonly over: 'socket' | 'client';
  /** The nodes' lives that served it, in order. */
  readonly nodes: string[];
  /** The last message of the stream that it resumes. */
  readonly since: { readonly id: number; readonly position: Position } | undefined;
  readonly events: StreamEvent[];
  readonly people: Map<string, Person>;
  /** When it received "subscribed". */
  subscribedAt: number | undefined;
  endedAt: number | undefined;
  /** Whether it has ever read slowly. */
  isSlow: boolean;
}

export function createStream(name: string, topic: TopicName, over: Stream['over'], since?: Stream['since']): Stream {
  return {
    name,
    topic,
    over,
    nodes: [],
    since,
    events: [],
    people: new Map(),
    subscribedAt: undefined,
    endedAt: undefined,
    isSlow: false,
  };
}

export function isAlive({ subscribedAt, endedAt }: Stream): boolean {
  return subscribedAt !== undefined && endedAt === undefined;
}

/** A server's message about a topic. */
interface WireMessage {
  readonly data?: { readonly id: number };
  readonly offset?: number;
  readonly subscribed?: Partial<Position> & { readonly recovered: boolean };
  readonly gap?: Partial<Position>;
  readonly people?: readonly Person[];
  readonly page?: number;
  readonly joined?: Person | readonly Person[];
  readonly left?: Person | readonly (Person | string)[];
}

/** Records a server's message. */
export function noteWireMessage(stream: Stream, at: number, message: WireMessage): void {
  const { data, offset, subscribed, gap, people, page = 0, joined, left } = message;
  if (data !== undefined) stream.events.push({ type: 'data', at, id: data.id, offset });
  if (subscribed !== undefined) {
    stream.events.push({ type: 'subscribed', at, recovered: subscribed.recovered, position: subscribed });
  }
  if (gap !== undefined) stream.events.push({ type: 'gap', at, position: gap });
  if (people !== undefined) {
    if (page === 0) stream.people.clear();
    for (const person of people) stream.people.set(person.id, person);
  }
  for (const person of [joined ?? []].flat()) stream.people.set(person.id, person);
  for (const gone of [left ?? []].flat()) stream.people.delete(typeof gone === 'string' ? gone : gone.id);
}
