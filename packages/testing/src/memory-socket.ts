import { Duplex } from 'node:stream';

interface Delivery {
  readonly chunk: Buffer;
  readonly onTaken: () => void;
}

/** How often, in ms, a throttled reader reads. */
const sip = 10;

/**
 * One end of a connection over memory. It has the members that servers use of a TCP socket, and can simulate a slow
 * reader.
 */
export class MemorySocket extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  readonly encrypted = false;
  #peer: MemorySocket | undefined;
  /** What the peer has written and this end has not read yet; reading it completes the peer's write. */
  readonly #deliveries: Delivery[] = [];
  #hasEnded = false;
  /** Bytes per second that this end reads; 0 while it reads nothing. */
  #rate = Infinity;
  #wantsMore = false;
  #sipping: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #idleTime = 0;

  /** Two ends of a connection. */
  static pair(): [MemorySocket, MemorySocket] {
    const one = new MemorySocket();
    const other = new MemorySocket();
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  /** Sets the bytes per second to read: 0 for none, `Infinity` for no limit. */
  throttle(bytesPerSecond: number): void {
    this.#rate = bytesPerSecond;
    clearInterval(this.#sipping);
    if (bytesPerSecond !== Infinity && bytesPerSecond > 0) this.#sipping = setInterval(() => this.#sip(), sip);
    if (bytesPerSecond === Infinity) this.#deliver();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  /** As on a TCP socket: emits `timeout` after this many ms without traffic; 0 for never. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    this.#idleTime = milliseconds;
    if (callback !== undefined && milliseconds > 0) this.once('timeout', callback);
    if (callback !== undefined && milliseconds === 0) this.off('timeout', callback);
    this.#touch();
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    // A copy, because the reader unmasks in place and the writer may reuse its buffer.
    this.#peer!.#accept({ chunk: Buffer.from(chunk), onTaken: callback });
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#deliver();
  }

  override _final(callback: () => void): void {
    this.#peer!.#hasEnded = true;
    this.#peer!.#deliver();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearInterval(this.#sipping);
    clearTimeout(this.#idle);
    const peer = this.#peer!;
    // Earlier writes are still read, then the connection closes.
    setImmediate(() => peer.destroy());
    callback(error);
  }

  #accept(delivery: Delivery): void {
    this.#deliveries.push(delivery);
    this.#deliver();
  }

  #deliver(): void {
    if (this.destroyed || this.#rate !== Infinity) return;
    while (this.#wantsMore && this.#deliveries.length > 0) this.#take(Infinity);
    this.#endWhenRead();
  }

  #sip(): void {
    let rest = Math.ceil((this.#rate * sip) / 1_000);
    while (this.#wantsMore && rest > 0 && this.#deliveries.length > 0) rest -= this.#take(rest);
    this.#endWhenRead();
  }

  /** Reads up to this many bytes of the first delivery; returns how many it read. */
  #take(most: number): number {
    const { chunk, onTaken } = this.#deliveries.shift()!;
    const part = chunk.subarray(0, most);
    if (part.length < chunk.length) this.#deliveries.unshift({ chunk: chunk.subarray(part.length), onTaken });
    this.#touch();
    this.#wantsMore = this.push(part);
    if (part.length === chunk.length) {
      this.#peer!.#touch();
      onTaken();
    }
    return part.length;
  }

  #endWhenRead(): void {
    if (!this.#hasEnded || this.#deliveries.length > 0 || this.readableEnded) return;
    this.#hasEnded = false;
    this.push(null);
  }

  #touch(): void {
    clearTimeout(this.#idle);
    if (this.#idleTime > 0 && !this.destroyed) this.#idle = setTimeout(() => this.emit('timeout'), this.#idleTime);
  }
}
