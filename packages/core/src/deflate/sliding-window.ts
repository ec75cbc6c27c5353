const nothing = Buffer.alloc(0);

/** A stored block has a header of 5 bytes, and no Huffman codes (RFC 1951 §3.2.4). */
const headerLength = 5;

/**
 * The last inflated bytes, which later messages may refer to (RFC 1951 §2, RFC 7692 §7.2.2). It uses as much memory as
 * it has received, up to its size; a kept zlib stream uses several times that from its first byte on.
 */
export class SlidingWindow {
  readonly #size: number;
  #bytes: Buffer = nothing;

  /** @param windowBits base-2 logarithm of the size in bytes, 8 to 15 */
  constructor(windowBits: number) {
    this.#size = 2 ** windowBits;
  }

  /** What is in it. Read it before the next call of `slide()`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Appends inflated bytes, which are copied. */
  slide(inflated: Uint8Array): void {
    const length = Math.min(this.#size, this.#bytes.length + inflated.length);
    const kept = Math.max(length - inflated.length, 0);
    const old = this.#bytes;
    // Once it is full it is moved within itself.
    if (length > old.length) this.#bytes = Buffer.allocUnsafeSlow(length);
    old.copy(this.#bytes, 0, old.length - kept);
    this.#bytes.set(inflated.subarray(Math.max(inflated.length - length, 0)), kept);
  }

  /** A DEFLATE block that makes zlib output the window, and so know it, before the data that refers to it. */
  asBlock(): Buffer[] {
    const { length } = this.#bytes;
    if (length === 0) return [];
    const header = Buffer.alloc(headerLength);
    header.writeUInt16LE(length, 1);
    header.writeUInt16LE(~length & 0xffff, 3);
    return [header, this.#bytes];
  }
}
