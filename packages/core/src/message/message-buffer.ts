const smallest = 256;
const noBytes = Buffer.alloc(0);

/**
 * Once so many bytes have come, what the message is known to reach is allocated at once: the system gives memory when
 * it is written to, not before, so that it still follows the bytes. Each growth is a copy, which at 16 MiB costs a
 * third.
 */
const trusted = 64 * 1024;

/**
 * The bytes of one message, copied together as they come: what a message costs is its length, at most twice,
 * however many fragments and reads it comes in.
 */
export class MessageBuffer {
  #bytes: Buffer = noBytes;
  #length = 0;

  get byteLength(): number {
    return this.#length;
  }

  /** What has come so far, as a view. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /**
   * Copies `part` to the end.
   *
   * @param expected the length in bytes that the message reaches, or `null` while that is not known
   */
  append(part: Buffer, expected: number | null): void {
    const needed = this.#length + part.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, roomFor(needed, expected)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    part.copy(this.#bytes, this.#length);
    this.#length = needed;
  }
}

function roomFor(length: number, expected: number | null): number {
  const twice = Math.max(length * 2, smallest);
  if (expected === null) return twice;
  return length < trusted ? Math.min(expected, twice) : expected;
}
