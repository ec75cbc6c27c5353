/**
 * Frames up to this length, in bytes, are gathered in a slab: those with payloads under 64 KiB, header and masking key
 * included. A longer frame has a buffer of its own or is not copied. Allocating for each message of 16 KiB and more
 * would cost a third of their rate.
 */
export const maxSlabFrame = 64 * 1024 + 7;

const slabLength = 256 * 1024;

let slab = Buffer.allocUnsafeSlow(slabLength);
let used = 0;
/** Slab runs whose bytes may still be read. */
let liveRuns = 0;

/** A stretch of a slab that one connection has filled: one chunk to write, however many frames it holds. */
export interface SlabRun {
  readonly slab: Buffer;
  readonly start: number;
  end: number;
}

/**
 * Reserves room at the end of `run`, or starts a new run if that room is taken or the slab is full. The caller writes
 * at the returned run's `end` less `length`.
 *
 * One slab serves all connections; otherwise each message of a turn would cost an allocation and another copy. It is
 * reused from its start once all of it is written, and replaced if it is full while connections still write it.
 */
export function extendRun(run: SlabRun | null, length: number): SlabRun {
  if (used + length > slabLength) {
    slab = Buffer.allocUnsafeSlow(slabLength);
    used = 0;
    liveRuns = 0;
  }
  const start = used;
  used += length;
  if (run === null || run.slab !== slab || run.end !== start) {
    liveRuns++;
    return { slab, start, end: used };
  }
  run.end = used;
  return run;
}

/** Releases a chunk, which may be a run of a slab: it will not be read again. */
export function releaseChunk(chunk: Uint8Array): void {
  if (chunk.buffer !== slab.buffer) return;
  liveRuns--;
  if (liveRuns === 0) used = 0;
}
