import { createHash } from 'node:crypto';

/**
 * Who publishes on a subject: a node, another program, or a node that asks who has joined; the last two stand for any
 * kind, and for the kind of the original subject.
 */
export type SubjectKind = 'node' | 'json' | 'ask' | '*' | '{{wildcard(1)}}';

/** The subjects and streams of topics under one prefix. */
export class Names {
  readonly prefix: string;
  /** The stream that orders the topics without history. */
  readonly orderStream: string;
  /** The stream that records removed histories. */
  readonly epochStream: string;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.orderStream = `${prefix}_order`;
    this.epochStream = `${prefix}_epochs`;
  }

  /** The subject for messages of a topic without history: from nodes, or JSON from other programs. */
  publish(kind: SubjectKind, topic: string): string {
    return `${this.prefix}.publish.${kind}.${encodeName(topic)}`;
  }

  /** The subject for messages of a topic with history. */
  store(kind: SubjectKind, topic: string): string {
    return `${this.prefix}.store.${kind}.${encodeName(topic)}`;
  }

  /** The subject on which JetStream republishes each message once it has its offset. */
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

  /** The topic of a subject; undefined if it is not a Turnout subject. */
  topicOf(subject: string): string | undefined {
    const [prefix, , , token] = subject.split('.');
    if (prefix !== this.prefix || token === undefined) return undefined;
    try {
      return decodeURIComponent(token);
    } catch {
      return undefined;
    }
  }

  /** Whether joined topics subscribe to a subject. */
  isJoined(subject: string): boolean {
    return subject.startsWith(`${this.prefix}.live.`) || subject.startsWith(`${this.prefix}.publish.`);
  }

  /** Whether a subject or stream named in an error is Turnout's. */
  isOurs(subject: string): boolean {
    return subject.startsWith(`${this.prefix}.`) || subject.includes(`.${this.prefix}_`);
  }
}

/** Whether other programs publish JSON on a subject; otherwise nodes do. */
export function isJsonSubject(subject: string): boolean {
  return subject.split('.')[2] === 'json';
}

/** A subject's token allows fewer characters than a name: percent-encodes it as in RFC 3986, and dots too. */
function encodeName(topic: string): string {
  return encodeURIComponent(topic).replaceAll(
    /[.!*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
