import type { ConnectionLimits } from '../limits.ts';
import { Round, type RoundMember } from './round.ts';

/** The transport, whose peer is pinged. */
export interface KeepaliveOwner {
  /** Whether silence counts: not while the peer is held back or has unsent bytes. */
  readonly isListening: boolean;
  /** How long the peer may need for what was sent since the last Ping, in ms. */
  readonly busyTime: number;
  ping(): void;
  /** Nothing has arrived from the peer within `pongTimeout` of a Ping. */
  onSilent(): void;
}

const ticksOfInterval = 40;
/** A Ping is sent 1 to this many ticks early, to spread the Pings of sockets opened together. */
const maxEarly = 4;

type KeepaliveLimits = Pick<ConnectionLimits, 'pingInterval' | 'pongTimeout'>;

/** Pings the peer of one socket every `pingInterval`, and reports when it is gone (RFC 6455 §5.5.2). */
export class Keepalive implements RoundMember {
  readonly #round: Round;
  readonly #owner: KeepaliveOwner;
  readonly #pongTicks: number;
  #heardAt: number;
  #dueAt: number;
  /** When the last Ping was sent, until it is answered. */
  #pingedAt: number | null = null;
  /** Ticks that the peer has for its answer in addition to `pongTimeout`. */
  #extraTicks = 0;

  private constructor({ pingInterval, pongTimeout }: KeepaliveLimits, owner: KeepaliveOwner) {
    const round = Round.every(pingInterval / ticksOfInterval);
    this.#round = round;
    this.#pongTicks = Math.ceil(pongTimeout / round.delay);
    this.#owner = owner;
    this.#heardAt = round.tick;
    this.#dueAt = nextDue(round);
    round.add(this);
  }

  /** Starts a keepalive; `null` if `pingInterval` is `Infinity`. */
  static start(limits: KeepaliveLimits, owner: KeepaliveOwner): Keepalive | null {
    return limits.pingInterval === Infinity ? null : new Keepalive(limits, owner);
  }

  /** Bytes of any kind have arrived. */
  hear(): void {
    this.#heardAt = this.#round.tick;
  }

  stop(): void {
    this.#round.delete(this);
  }

  check(): void {
    const { tick } = this.#round;
    if (!this.#owner.isListening) this.#heardAt = tick;
    if (this.#pingedAt !== null && this.#heardAt < this.#pingedAt) {
      if (tick - this.#pingedAt >= this.#pongTicks + this.#extraTicks) this.#owner.onSilent();
      return;
    }
    this.#pingedAt = null;
    if (tick >= this.#dueAt) this.#ping(tick);
  }

  #ping(tick: number): void {
    this.#pingedAt = tick;
    // Bytes that arrived before the Ping do not answer it, even in the same tick.
    this.#heardAt = tick - 1;
    this.#dueAt = nextDue(this.#round);
    this.#extraTicks = Math.ceil(this.#owner.busyTime / this.#round.delay);
    this.#owner.ping();
  }
}

function nextDue({ tick }: Round): number {
  return tick + ticksOfInterval - 1 - Math.floor(Math.random() * maxEarly);
}
