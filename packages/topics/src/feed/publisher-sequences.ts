import type { BusMessage } from '../bus/broker.ts';
import { RecentPublishers } from './recent-publishers.ts';

/** Runs of one publisher that are remembered beside the one that it is in. */
const maxOthers = 3;

/**
 * A number so far behind the publisher's run is no late message: that run began with a number that somebody has made
 * up.
 */
const farBehind = 100;

/** Of numbers that are nearer, so many in a row. */
const inARow = 4;

/** Numbers that have come without one missing between them. */
interface Run {
  readonly first: number;
  last: number;
  /** Numbers that have come while another run was the publisher's. */
  aside: number;
}

interface Publisher {
  /** The lowest number that has come: what is missing above it was announced. */
  from: number;
  /** Up to here a mark has said that numbers are missing, and that was announced; 0 for none. */
  marked: number;
  run: Run;
  others: Run[];
}

/**
 * - `next`: it follows the one before.
 * - `after-gap`: others should have come before it.
 * - `duplicate`: it has come already, or too late.
 * - `repaired`: it is the true next one; the number before was made up. `repaired-after-gap`: the same, with some
 *   missing.
 */
export type Verdict = 'next' | 'after-gap' | 'duplicate' | 'repaired' | 'repaired-after-gap';

/**
 * How far the messages of each publisher have come, on a topic without history. A made-up number, which silences its
 * publisher as all that follow seem to be old, is found out by what the publisher goes on with.
 */
export class PublisherSequences {
  readonly #publishers = new RecentPublishers<Publisher>();

  /** Whether anything is known of a publisher. */
  has(origin: string): boolean {
    return this.#publishers.has(origin);
  }

  /** What a publisher sends next is the message after `last`. */
  begin(origin: string, last: number): void {
    this.#publishers.set(origin, { from: 1, marked: 0, run: { first: 1, last, aside: 0 }, others: [] });
  }

  note({ origin, sequence, mark, data }: BusMessage): Verdict {
    // Who does not count can neither miss a message nor repeat one.
    if (sequence === 0 && !mark) return 'next';
    const lowest = mark ? lowestOf(sequence, data) : sequence;
    const publisher = this.#publishers.get(origin);
    if (publisher === undefined) {
      const run = { first: lowest, last: mark ? lowest - 1 : sequence, aside: 0 };
      this.#publishers.set(origin, { from: lowest, marked: mark ? sequence : 0, run, others: [] });
      return mark ? 'after-gap' : 'next';
    }
    const verdict = mark ? noteMark(publisher, lowest, sequence) : noteMessage(publisher, sequence);
    publisher.from = Math.min(publisher.from, lowest);
    return verdict;
  }

  clear(): void {
    this.#publishers.clear();
  }
}

/** The run goes on where it is: what has failed for its publisher may have been sent, and come late. */
function noteMark(publisher: Publisher, lowest: number, sequence: number): Verdict {
  const { run, from, marked } = publisher;
  publisher.marked = Math.max(marked, sequence);
  return sequence > Math.max(run.last, marked) || lowest < from ? 'after-gap' : 'duplicate';
}

function noteMessage(publisher: Publisher, sequence: number): Verdict {
  const { run, marked } = publisher;
  if (sequence <= run.last) return noteBehind(publisher, sequence);
  if (sequence === run.last + 1) {
    run.last = sequence;
    return 'next';
  }
  jump(publisher, { first: sequence, last: sequence, aside: 0 });
  // It stands for one gap: a made-up mark must not hide later ones.
  publisher.marked = 0;
  return sequence <= marked + 1 ? 'next' : 'after-gap';
}

/** A later number than the next: the run before may turn out to be the true one. */
function jump(publisher: Publisher, run: Run): void {
  publisher.run.aside = 0;
  remember(publisher, publisher.run);
  publisher.run = run;
}

/** Keeps the longest: a made-up number is alone. */
function remember(publisher: Publisher, run: Run): void {
  publisher.others.push(run);
  if (publisher.others.length <= maxOthers) return;
  publisher.others.sort((one, two) => lengthOf(two) - lengthOf(one));
  publisher.others.pop();
}

function noteBehind(publisher: Publisher, sequence: number): Verdict {
  const { run, others } = publisher;
  if ([run, ...others].some(({ first, last }) => sequence >= first && sequence <= last)) return 'duplicate';
  const known = others.find(({ last }) => sequence === last + 1);
  const other = known ?? { first: sequence, last: sequence, aside: 0 };
  other.last = sequence;
  other.aside++;
  const isFar = run.first - sequence > farBehind;
  if (isFar || other.aside >= inARow) {
    publisher.others = others.filter((each) => each !== other);
    publisher.run = other;
    return isFar ? 'repaired' : 'repaired-after-gap';
  }
  if (known === undefined) remember(publisher, other);
  return 'duplicate';
}

/** A mark stands for the failed messages from the one that its data names to its own number. */
function lowestOf(sequence: number, data: BusMessage['data']): number {
  const lowest = Number(data);
  return Number.isSafeInteger(lowest) && lowest >= 1 && lowest < sequence ? lowest : sequence;
}

function lengthOf({ first, last }: Run): number {
  return last - first;
}
