import type { ConnectionLimits } from '../limits.ts';

/** Whose peer is asked, now and then, whether it is still there: the transport. */
export interface KeepaliveOwner {
  /** Whether bytes of the peer are read at all: while it is held back, its silence says nothing. */
  readonly isListening: boolean;
  ping(): void;
  /** Nothing has come from the peer within `pongTimeout` of a Ping. */
  onSilent(): void;
}

const ticksOfInterval = 40;
/** A Ping comes up to so many ticks early, and one at least, so that sockets opened together do not stay together. */
const maxEarly = 4;

/**
 * All sockets with the same `pingInterval` and `pongTimeout`, on one timer.
 *
 * Time is counted in ticks of that timer and not read from a clock: one that stood still while the event loop did has
 * passed for nobody. A tick is judged only after the bytes that came meanwhile were read.
 */
class Round {
  readonly pongTicks: number;
  tick = 0;
  readonly #delay: number;
  readonly #members = new Set<Keepalive>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ pingInterval, pongTimeout }: KeepaliveLimits) {
    this.#delay = Math.max(1, pingInterval / ticksOfInterval);
    this.pongTicks = Math.ceil(pongTimeout / this.#delay);
  }

  add(member: Keepalive): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => setImmediate(this.#next), this.#delay).unref();
  }

  delete(member: Keepalive): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #next = (): void => {
    this.tick++;
    for (const member of this.#members) member.check();
  };
}

type KeepaliveLimits = Pick<ConnectionLimits, 'pingInterval' | 'pongTimeout'>;

/** By its limits; there are as many as an app has routes with limits of their own. */
const rounds = new Map<string, Round>();

function roundOf(limits: KeepaliveLimits): Round {
  const key = `${limits.pingInterval} ${limits.pongTimeout}`;
  const round = rounds.get(key) ?? new Round(limits);
  rounds.set(key, round);
  return round;
}

/** Pings the peer of one socket every `pingInterval`, and tells when it is gone (RFC 6455 §5.5.2). */
export class Keepalive {
  readonly #round: Round;
  readonly #owner: KeepaliveOwner;
  #heardAt: number;
  #dueAt: number;
  /** When the last Ping was sent, until it is answered. */
  #pingedAt: number | null = null;

  private constructor(round: Round, owner: KeepaliveOwner) {
    this.#round = round;
    this.#owner = owner;
    this.#heardAt = round.tick;
    this.#dueAt = nextDue(round);
    round.add(this);
  }

  /** Starts one; `null` where `pingInterval` is `Infinity`. */
  static start(limits: KeepaliveLimits, owner: KeepaliveOwner): Keepalive | null {
    return limits.pingInterval === Infinity ? null : new Keepalive(roundOf(limits), owner);
  }

  /** Bytes have come, whatever they are. */
  hear(): void {
    this.#heardAt = this.#round.tick;
  }

  stop(): void {
    this.#round.delete(this);
  }

  check(): void {
    const { tick, pongTicks } = this.#round;
    if (!this.#owner.isListening) this.#heardAt = tick;
    if (this.#pingedAt !== null && this.#heardAt < this.#pingedAt) {
      if (tick - this.#pingedAt >= pongTicks) this.#owner.onSilent();
      return;
    }
    this.#pingedAt = null;
    if (tick >= this.#dueAt) this.#ping(tick);
  }

  #ping(tick: number): void {
    this.#pingedAt = tick;
    // What came before does not answer it, though it came in the same tick.
    this.#heardAt = tick - 1;
    this.#dueAt = nextDue(this.#round);
    this.#owner.ping();
  }
}

function nextDue({ tick }: Round): number {
  return tick + ticksOfInterval - 1 - Math.floor(Math.random() * maxEarly);
}
