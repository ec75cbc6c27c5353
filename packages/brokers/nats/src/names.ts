import { createHash } from 'node:crypto';

/**
 * Who speaks on a subject: a node, another program, or a node that asks who has joined; or any, and the one that it
 * was.
 */
export type SubjectKind = 'node' | 'json' | 'ask' | '*' | '{{wildcard(1)}}';

/** The subjects and streams of topics, below one prefix. */
export class Names {
  readonly prefix: string;
  /** The stream that gives the topics without history their order. */
  readonly orderStream: string;
  /** The stream that knows which histories were removed. */
  readonly epochStream: string;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.orderStream = `${prefix}_order`;
    this.epochStream = `${prefix}_epochs`;
  }

  /** Where messages are published that no history keeps: by nodes, or JSON by other programs. */
  publish(kind: SubjectKind, topic: string): string {
    return `${this.prefix}.publish.${kind}.${encodeName(topic)}`;
  }

  /** Where messages are published that the topic's history keeps. */
  store(kind: SubjectKind, topic: string): string {
    return `${this.prefix}.store.${kind}.${encodeName(topic)}`;
  }

  /** Where JetStream publishes them again, each once it has its place. */
  live(kind: SubjectKind, topic: string): string {
    return `${this.prefix}.live.${kind}.${encodeName(topic)}`;
  }

  epoch(topic: string): string {
    return `${this.prefix}.epoch.${encodeName(topic)}`;
  }

  /** The stream of a topic's history. Its name is a hash: the server limits the length of stream names. */
  stream(topic: string): string {
    return `${this.prefix}_${createHash('sha256').update(topic).digest('base64url')}`;
  }

  /** The topic that a subject belongs to, the other way round; undefined where it is none of ours. */
  topicOf(subject: string): string | undefined {
    const [prefix, , , token] = subject.split('.');
    if (prefix !== this.prefix || token === undefined) return undefined;
    try {
      return decodeURIComponent(token);
    } catch {
      return undefined;
    }
  }

  /** Whether a subject is one that joined topics are subscribed to. */
  isJoined(subject: string): boolean {
    return subject.startsWith(`${this.prefix}.live.`) || subject.startsWith(`${this.prefix}.publish.`);
  }

  /** Whether an error that names a subject or a stream is about one of ours. */
  isOurs(subject: string): boolean {
    return subject.startsWith(`${this.prefix}.`) || subject.includes(`.${this.prefix}_`);
  }
}

/** Whether other programs publish JSON on a subject; else nodes do. */
export function isJsonSubject(subject: string): boolean {
  return subject.split('.')[2] === 'json';
}

/** Names may hold anything, a subject's token may not: percent-encoded as RFC 3986 has it, and dots too. */
function encodeName(topic: string): string {
  return encodeURIComponent(topic).replaceAll(
    /[.!*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
