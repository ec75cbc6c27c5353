/** The largest chunk that Node.js reads from a socket. */
const maxChunk = 64 * 1024;

/** A repeated reply, built once for all connections that expect it. */
export class ExpectedReplies {
  readonly replyLength: number;
  /** Consecutive replies, long enough to compare any chunk at any offset. */
  readonly #run: Buffer;

  constructor(reply: Buffer) {
    this.replyLength = reply.length;
    this.#run = Buffer.alloc((Math.ceil(maxChunk / reply.length) + 1) * reply.length, reply);
  }

  /** Whether `chunk` is what follows the first `byteLength` bytes. */
  continueWith(chunk: Buffer, byteLength: number): boolean {
    const start = byteLength % this.replyLength;
    return chunk.compare(this.#run, start, start + chunk.length) === 0;
  }
}
