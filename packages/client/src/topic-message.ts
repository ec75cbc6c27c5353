/** A place in the history of a topic. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Somebody who is subscribed. */
export interface Person {
  readonly id: string;
  readonly details?: unknown;
}

/** A message of the server about a topic. */
export interface TopicMessage {
  readonly topic: string;
  readonly data?: unknown;
  readonly offset?: number | null;
  readonly subscribed?: (Partial<Position> & { readonly recovered?: boolean }) | null;
  readonly gap?: Partial<Position> | null;
  /** Alone: the history continues in another epoch, and nothing is missing. */
  readonly epoch?: string | null;
  readonly people?: readonly Person[] | null;
  /** The page of a list of people, from 0, and whether another follows. */
  readonly page?: number | null;
  readonly more?: boolean | null;
  readonly joined?: readonly Person[] | null;
  readonly left?: readonly string[] | null;
  readonly count?: number | null;
  readonly refused?: string | null;
  /** The whole state, or a page of it, from 0. */
  readonly state?: Readonly<Record<string, unknown>> | null;
  /** Keys of the state that have changed, and keys that are gone. */
  readonly set?: Readonly<Record<string, unknown>> | null;
  readonly unset?: readonly string[] | null;
}

/** An example of each key's type, except for `data`, which may be anything. */
const examples: Readonly<Record<string, unknown>> = {
  subscribed: {},
  gap: {},
  epoch: '',
  people: [],
  joined: [],
  left: [],
  count: 0,
  refused: '',
  state: {},
  set: {},
  unset: [],
  bytes: '',
};

/**
 * Parses a message of the server about a topic, with keys in any order; `null` is the same as an absent key. Undefined
 * for everything else: the application's own messages, which may be anything.
 */
export function parseTopicMessage(text: string): TopicMessage | undefined {
  if (!text.includes('"topic"')) return undefined;
  try {
    const message = JSON.parse(text) as Record<string, unknown> & { topic: string };
    const { bytes } = message;
    const contents = Object.keys(examples).filter((name) => (message[name] ?? null) !== null);
    if (contents.some((name) => kindOf(message[name]) !== kindOf(examples[name]))) return undefined;
    if (typeof bytes === 'string') message['data'] = Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0));
    return contents[0] || 'data' in message ? message : undefined;
  } catch {
    return undefined;
  }
}

function kindOf(value: unknown): string {
  return Array.isArray(value) && !value.includes(null) ? 'list' : typeof value;
}
