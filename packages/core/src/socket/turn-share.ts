/** How long one socket is served in a turn of the event loop, in ms, while others may wait. */
const maxShare = 5;

/** How long those that have had their share are served in the next turn, all together, in ms. */
const maxTurn = 10;

/** A socket that has more to read than its share of a turn. */
export interface TurnWaiter {
  readOn(): void;
}

/** Counts the turns in which something is measured: only those have to be told apart. */
let turn = 0;
let isMarked = false;
let waiters: TurnWaiter[] = [];

function mark(): void {
  if (isMarked) return;
  isMarked = true;
  setImmediate(beginTurn);
}

/** The I/O of all other sockets has been served since. */
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
  // In the order in which they came: those that were not served go first.
  waiters = due.slice(served).concat(waiters);
  mark();
}

/**
 * A chunk of this length, in bytes, may be one of many that are read in the same turn: Node.js reads no more at once.
 * So may shorter ones, as with TLS: when they add up to it, their turn is measured too.
 */
const fullRead = 64 * 1024;

/** Of many chunks that are very short, one of this many, a power of two, starts measuring its turn. */
const chunksToMeasured = 64;

/** The clock is read before the 2nd, the 4th and each 16th message of a chunk: 40 ns are a fifth of a short message. */
const firstLooks = 4;
const messagesToLook = 16;

/** Once this many ms have passed, the clock is read before each message. */
const slowAfter = 0.25;

/**
 * How much of a turn of the event loop one socket may take: after 5 ms the others are served before it goes on. A peer
 * that sends as fast as it can gets all of an idle process, and its fair part of a busy one.
 *
 * A turn that is light for everybody is hardly noticed: to tell it from the next one takes an immediate, which costs a
 * poll of the system, so that is done for chunks that take long, once for each 64 KiB, for chunks that are read bit by
 * bit, and for one in 64 of the others.
 */
export class TurnShare {
  readonly #waiter: TurnWaiter;
  #chunks = 0;
  /** Bytes that have come since a turn was last measured. */
  #unmeasured = 0;
  #messages = 0;
  #nextLook = 2;
  /** When it was first looked at the clock; 0 until then. */
  #startedAt = 0;
  /** The last turn that was measured from its beginning to its end. */
  #measuredTurn = -1;
  #isSpent = false;

  constructor(waiter: TurnWaiter) {
    this.#waiter = waiter;
  }

  /** Whether the others are to be served first; `readOn()` of the waiter follows. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /**
   * The socket is about to be read. Within a turn that is measured it goes on with what is left of its share.
   *
   * @param length of the chunk that has come, in bytes; 0 where more of one that came before is wanted
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

  /** A message or a control frame is about to be handed on. */
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
