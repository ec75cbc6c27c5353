/** Chunks of at most this many bytes in total are copied together: cheaper than separate writes. */
const maxCopied = 64 * 1024;

const nothing = Buffer.alloc(0);
let lastChunks: readonly Uint8Array[] = [];
let lastBatch = nothing;

/**
 * The chunks of one turn as one buffer, or `null` if they are too long to be copied together.
 *
 * Messages sent to many sockets in one turn are the same chunks for each of them: the batch of the previous socket is
 * reused, so a burst to 1,000 sockets costs one copy instead of 1,000.
 */
export function gatherBatch(chunks: readonly Uint8Array[]): Uint8Array | null {
  if (chunks.length === 1) return chunks[0]!;
  if (isLastBatch(chunks)) return lastBatch;
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (length > maxCopied) return null;
  lastBatch = Buffer.concat(chunks, length);
  lastChunks = chunks;
  return lastBatch;
}

/** Forgets the last batch, which would otherwise keep its chunks in memory. */
export function forgetBatch(): void {
  lastChunks = [];
  lastBatch = nothing;
}

function isLastBatch(chunks: readonly Uint8Array[]): boolean {
  if (chunks.length !== lastChunks.length) return false;
  for (let index = 0; index < chunks.length; index++) {
    if (chunks[index] !== lastChunks[index]) return false;
  }
  return true;
}
