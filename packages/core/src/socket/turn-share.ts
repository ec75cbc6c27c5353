/** How long one socket is served in a turn of the event loop, in ms, while others may wait. */
const maxShare = 5;

/** How long all sockets that have used their share are served together in the next turn, in ms. */
const maxTurn = 10;

/** A socket that has more to read than its share of a turn allows. */
export interface TurnWaiter {
  readOn(): void;
}

/** Counts the turns in which something is measured: only those must be distinguished. */
let turn = 0;
let isMarked = false;
let waiters: TurnWaiter[] = [];

function mark(): void {
  if (isMarked) return;
  isMarked = true;
  setImmediate(beginTurn);
}

/** The I/O of all other sockets has been served in the meantime. */
function beginTurn(): void {
  isMarked = false;
  turn++;
  if (waiters.length === 0) return;
  const due = waiters;
  waiters = [];
  const end = performance.now() + maxTurn;
  let served = 0;
  while (served < due.length && performance.now() < end) due[served++]?.readOn();
  if (served === due.length) return;
  // In order of arrival: those that were not served are first.
  waiters = due.slice(served).concat(waiters);
  mark();
}

/**
/**
 * A chunk of this length, in bytes, may be one of many that are read in the same turn: Node.js reads at most this much
 * at a time. So may shorter ones, as with TLS: when they add up to it, their turn is measured too.
 */
const fullRead = 64 * 1024;

/** Of very short chunks, one in this many, a power of two, starts measuring its turn. */
const chunksToMeasured = 64;

/**
 * The clock is read before the 2nd, the 4th and every 16th message of a chunk: its 40 ns are a fifth of a short
 * message's time.
 */
const firstLooks = 4;
const messagesToLook = 16;

/** After this many ms, the clock is read before every message. */
const slowAfter = 0.25;

/**
 * How much of a turn of the event loop one socket may take: after 5 ms the others are served before it continues. A
 * peer that sends as fast as it can gets all of an idle process, and a fair share of a busy one.
 *
 * Telling one turn from the next takes an immediate, which costs a poll of the system. So light turns are hardly
 * measured: only for chunks that take long, once for each 64 KiB, for chunks that are read in parts, and for one in 64
 * of the others.
 */
export class TurnShare {
  readonly #waiter: TurnWaiter;
  #chunks = 0;
  /** Bytes that have come since a turn was last measured. */
  #unmeasured = 0;
  #messages = 0;
  #nextLook = 2;
  /** When the clock was first read; 0 until then. */
  #startedAt = 0;
  /** The last turn that was measured from its beginning to its end. */
  #measuredTurn = -1;
  #isSpent = false;

  constructor(waiter: TurnWaiter) {
    this.#waiter = waiter;
  }

  /** Whether the others must be served first; then the waiter's `readOn()` is called later. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /**
   * The socket is about to be read. Within a measured turn it continues with the rest of its share.
   *
   * @param length of the chunk received, in bytes; 0 to continue with an earlier chunk
   */
  begin(length: number): void {
    // What has come may be no message, but many fragments of one: they take time too.
    if (this.#measuredTurn === turn) return this.#spendTime(performance.now());
    this.#messages = 0;
    this.#nextLook = 2;
    this.#startedAt = 0;
    this.#isSpent = false;
    this.#unmeasured += length;
    const isMany = this.#unmeasured >= fullRead || (++this.#chunks & (chunksToMeasured - 1)) === 0;
    if (length > 0 && !isMany) return;
    this.#startedAt = performance.now();
    this.#measure();
  }

  /** A message or a control frame is about to be delivered. */
  spend(): void {
    if (++this.#messages === this.#nextLook) this.#look();
  }

  #look(): void {
    const messages = this.#messages;
    const now = performance.now();
    if (this.#startedAt === 0) this.#startedAt = now;
    const elapsed = now - this.#startedAt;
    if (elapsed > slowAfter) {
      this.#measure();
      this.#nextLook = messages + 1;
    } else {
      this.#nextLook = messages < firstLooks ? firstLooks : messages - (messages % messagesToLook) + messagesToLook;
    }
    this.#spendTime(now);
  }

  #spendTime(now: number): void {
    if (this.#isSpent || now - this.#startedAt < maxShare) return;
    this.#isSpent = true;
    waiters.push(this.#waiter);
  }

  #measure(): void {
    this.#measuredTurn = turn;
    this.#unmeasured = 0;
    mark();
  }
}
