import { Duplex } from 'node:stream';
import type { Random } from '@turnout/test-kit/random';
import { Pipe } from './pipe.ts';
import type { VirtualClock } from '@turnout/test-kit/virtual-clock';

interface Arrived {
  readonly chunk: Buffer;
  readonly onTaken: () => void;
}

export interface WireParts {
  readonly clock: VirtualClock;
  readonly random: Random;
}

/** How often, in ms, a throttled reader reads. */
const sip = 50;

/** One end of a connection between a client and a node. */
export class WireEnd extends Duplex {
  readonly #clock: VirtualClock;
  readonly #pipe: Pipe;
  #peer: WireEnd | undefined;
  readonly #arrived: Arrived[] = [];
  #hasEnded = false;
  #wantsMore = false;
  /** Bytes per read; `Infinity` for no limit. */
  #sip = Infinity;

  constructor({ clock, random }: WireParts) {
    super();
    this.#clock = clock;
    this.#pipe = new Pipe(clock, () => 0.5 + random.below(random.chance(2) ? 400 : 20) / 4);
    // The WebSocket over it is notified too.
    this.on('error', () => {});
  }

  static pair(parts: WireParts): [WireEnd, WireEnd] {
    const [one, other] = [new WireEnd(parts), new WireEnd(parts)];
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  /** Silently stops passing bytes. */
  silence(): void {
    this.#pipe.cut();
    if (this.#peer !== undefined) this.#peer.#pipe.cut();
  }

  /** Resets the connection, which both ends notice immediately. */
  reset(): void {
    this.silence();
    for (const end of [this, this.#peer]) end?.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  }

  /** Sets how many bytes per second it reads. */
  throttle(bytesPerSecond: number): void {
    const wasFree = this.#sip === Infinity;
    this.#sip = bytesPerSecond === Infinity ? Infinity : Math.ceil((bytesPerSecond * sip) / 1_000);
    if (this.#sip === Infinity) this.#deliver();
    else if (wasFree) this.#takeSip();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    // A copy, because the reader unmasks in place and the writer may reuse its buffer.
    const copy = Buffer.from(chunk);
    const peer = this.#peer;
    if (peer !== undefined) this.#pipe.send(() => peer.#accept({ chunk: copy, onTaken: callback }));
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#deliver();
  }

  override _final(callback: () => void): void {
    this.#pipe.send(() => {
      if (this.#peer === undefined) return;
      this.#peer.#hasEnded = true;
      this.#peer.#deliver();
    });
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#pipe.send(() => this.#peer?.destroy());
    callback(error);
  }

  #accept(arrived: Arrived): void {
    if (this.destroyed) return;
    this.#arrived.push(arrived);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#sip === Infinity) this.#take(Infinity);
  }

  #takeSip(): void {
    if (this.#sip === Infinity || this.destroyed) return;
    this.#take(this.#sip);
    this.#clock.schedule(sip, () => this.#takeSip());
  }

  #take(most: number): void {
    if (this.destroyed) return;
    let left = most;
    while (left > 0 && this.#wantsMore) {
      const first = this.#arrived.shift();
      if (first === undefined) break;
      const part = first.chunk.subarray(0, left);
      left -= part.length;
      const isWhole = part.length === first.chunk.length;
      if (!isWhole) this.#arrived.unshift({ ...first, chunk: first.chunk.subarray(part.length) });
      this.#wantsMore = this.push(part);
      if (isWhole) first.onTaken();
    }
    if (!this.#hasEnded || this.#arrived.length > 0) return;
    this.#hasEnded = false;
    this.push(null);
  }
}
