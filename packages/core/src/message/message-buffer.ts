const smallest = 256;
const noBytes = Buffer.alloc(0);

/**
 * Once this many bytes have arrived, the whole known length is allocated at once: the system provides memory only when
 * it is written, so usage still follows the bytes. Each growth is a copy, which at 16 MiB costs a third.
 */
const trusted = 64 * 1024;

/**
 * The bytes of one message, copied together as they arrive. A message costs at most twice its length, in however many
 * fragments and reads it arrives.
 */
export class MessageBuffer {
  #bytes: Buffer = noBytes;
  #length = 0;

  get byteLength(): number {
    return this.#length;
  }

  /** The bytes so far, as a view. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /**
   * Copies `part` to the end.
   *
   * @param expected the final length of the message in bytes, or `null` while unknown
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
