import { createHash } from 'node:crypto';

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

  /** Where messages are published that no history keeps. */
  publish(topic: string): string {
    return `${this.prefix}.publish.${encodeName(topic)}`;
  }

  /** Where messages are published that the topic's history keeps. */
  store(topic: string): string {
    return `${this.prefix}.store.${encodeName(topic)}`;
  }

  /** Where JetStream publishes them again, each once it has its place. */
  live(topic: string): string {
    return `${this.prefix}.live.${encodeName(topic)}`;
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
    const [prefix, , token, rest] = subject.split('.');
    if (prefix !== this.prefix || token === undefined || rest !== undefined) return undefined;
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

/** Names may hold anything, a subject's token may not: percent-encoded as RFC 3986 has it, and dots too. */
function encodeName(topic: string): string {
  return encodeURIComponent(topic).replaceAll(
    /[.!*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
