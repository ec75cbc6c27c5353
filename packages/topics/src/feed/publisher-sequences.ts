import type { BusMessage } from '../bus/broker.ts';
import { RecentPublishers } from './recent-publishers.ts';

/** How many runs of one publisher are remembered besides the current one. */
const maxOthers = 3;

/** A number this far behind the publisher's run cannot be a late message: the run itself began with a forged number. */
const farBehind = 100;

/** For numbers less far behind, this many in a row show the same. */
const inARow = 4;

/** Consecutive numbers that have arrived. */
interface Run {
  readonly first: number;
  last: number;
  /** How many numbers arrived while another run was the current one. */
  aside: number;
}

interface Publisher {
  /** The lowest number that has arrived: gaps above it were announced. */
  from: number;
  /** The highest number that a mark has reported as failed, which was announced; 0 before any mark. */
  marked: number;
  run: Run;
  others: Run[];
}

/**
 * - `next`: it follows the previous number.
 * - `after-gap`: numbers before it are missing.
 * - `duplicate`: it has already arrived, or is too late.
 * - `repaired`: it is the true next number; the previous one was forged. `repaired-after-gap`: the same, with numbers
 *   missing.
 */
export type Verdict = 'next' | 'after-gap' | 'duplicate' | 'repaired' | 'repaired-after-gap';

/**
 * Tracks the sequence of each publisher on a topic without history. A forged high number would silence its publisher,
 * as all later messages would look old; the publisher's next numbers expose it.
 */
export class PublisherSequences {
  readonly #publishers = new RecentPublishers<Publisher>();

  /** Whether a publisher is known. */
  has(origin: string): boolean {
    return this.#publishers.has(origin);
  }

  /** The publisher's next message is the one after `last`. */
  begin(origin: string, last: number): void {
    this.#publishers.set(origin, { from: 1, marked: 0, run: { first: 1, last, aside: 0 }, others: [] });
  }

  note({ origin, sequence, mark, data }: BusMessage): Verdict {
    // Without sequence numbers, neither gaps nor duplicates can be noticed.
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

/** The run does not advance: messages that failed for the publisher may have been sent, and may arrive late. */
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
  // A mark covers one gap: a forged mark must not hide later gaps.
  publisher.marked = 0;
  return sequence <= marked + 1 ? 'next' : 'after-gap';
}

/** A number beyond the next one: the previous run may turn out to be the true one. */
function jump(publisher: Publisher, run: Run): void {
  publisher.run.aside = 0;
  remember(publisher, publisher.run);
  publisher.run = run;
}

/** Keeps the longest runs: a forged number is a run of one. */
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

/** A mark covers the failed messages from the number in its data to its own. */
function lowestOf(sequence: number, data: BusMessage['data']): number {
  const lowest = Number(data);
  return Number.isSafeInteger(lowest) && lowest >= 1 && lowest < sequence ? lowest : sequence;
}

function lengthOf({ first, last }: Run): number {
  return last - first;
}
