/** How long one socket is served in a turn of the event loop, in ms, while others may wait. */
const maxShare = 5;

/** How long those that have had their share are served in the next turn, all together, in ms. */
const maxTurn = 10;

/** From so many messages or ms on a turn is marked, so that what follows in the same turn is counted with them. */
const markedFrom = 16;
const markedAfter = 1;

/** A socket that has more to read than its share of a turn. */
export interface TurnWaiter {
  readOn(): void;
}

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

/** A chunk of this length, in bytes, may be one of many that are read in the same turn: Node.js reads no more at once. */
const fullRead = 64 * 1024;

/**
 * How much of a turn of the event loop one socket may take: after 5 ms the others are served before it goes on. A peer
 * that sends as fast as it can gets all of an idle process, and its fair part of a busy one.
 *
 * A turn that is light for everybody is not even noticed: nothing is scheduled for it, and no clock is read for a single
 * short message, which would cost it some percent.
 */
export class TurnShare {
  readonly #waiter: TurnWaiter;
  #turn = -1;
  #messages = 0;
  /** When it was first looked at the clock; 0 until then. */
  #startedAt = 0;
  #isSpent = false;

  constructor(waiter: TurnWaiter) {
    this.#waiter = waiter;
  }

  /** Whether the others are to be served first; `readOn()` of the waiter follows. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /**
   * The socket is about to be read. Within one turn it goes on with what is left of its share.
   *
   * @param length of the chunk that has come, in bytes
   */
  begin(length: number): void {
    if (isMarked && this.#turn === turn) return;
    this.#turn = turn;
    this.#messages = 0;
    this.#isSpent = false;
    this.#startedAt = length < fullRead ? 0 : performance.now();
  }

  /** A message or a control frame is about to be handed on. */
  spend(): void {
    const messages = ++this.#messages;
    // The clock is read before the 2nd, 4th and 8th of them, and before every 16th: short messages shall not pay for it.
    const isLook = messages < markedFrom ? (messages & (messages - 1)) === 0 : messages % markedFrom === 0;
    if (isLook && messages > 1) this.#look();
  }

  /** Nothing more is handed on for now. */
  end(): void {
    if (this.#messages === 1 && this.#startedAt > 0) this.#look();
  }

  #look(): void {
    const now = performance.now();
    if (this.#startedAt === 0) this.#startedAt = now;
    const elapsed = now - this.#startedAt;
    if (this.#messages >= markedFrom || elapsed > markedAfter) mark();
    if (elapsed < maxShare || this.#isSpent) return;
    this.#isSpent = true;
    waiters.push(this.#waiter);
  }
}
