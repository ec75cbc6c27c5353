const smallest = 256;

/**
 * The bytes of one message, copied together as they come: what a message costs is its length, at most twice,
 * however many fragments and reads it comes in.
 */
export class MessageBuffer {
  static #totalHeld = 0;
  #bytes = Buffer.allocUnsafeSlow(smallest);
  #length = 0;

  /** Bytes that all buffers of the process hold. */
  static get totalHeld(): number {
    return MessageBuffer.#totalHeld;
  }

  constructor() {
    MessageBuffer.#totalHeld += smallest;
  }

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
   * @param expected the length in bytes that the message is known to reach, so that the last growth fits exactly
   */
  append(part: Buffer, expected: number): void {
    const needed = this.#length + part.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(expected, this.#bytes.length * 2)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      MessageBuffer.#totalHeld += grown.length - this.#bytes.length;
      this.#bytes = grown;
    }
    part.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** The message is whole, or given up: its bytes do not count any more. Nothing can be appended. */
  release(): Buffer {
    MessageBuffer.#totalHeld -= this.#bytes.length;
    return this.bytes;
  }
}
