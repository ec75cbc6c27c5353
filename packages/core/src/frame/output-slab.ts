/**
 * Frames up to this length, in bytes, are gathered in a slab: those of payloads under 64 KiB, header and masking key
 * included. A longer one has a buffer of its own, or is not copied at all. An allocation for each message of 16 KiB and
 * more would take a third of their rate.
 */
export const maxSlabFrame = 64 * 1024 + 7;

const slabLength = 256 * 1024;

let slab = Buffer.allocUnsafeSlow(slabLength);
let used = 0;
/** Runs in the slab whose bytes may still be read. */
let liveRuns = 0;

/** A stretch of a slab that one connection has filled: one chunk to write, however many frames are in it. */
export interface SlabRun {
  readonly slab: Buffer;
  readonly start: number;
  end: number;
}

/**
 * Reserves room behind `run`, or starts a new one where something else stands there by now, or the slab is full.
 * The caller writes at the `end` of the run that it gets, less `length`.
 *
 * One slab serves all connections, as each message of a turn would otherwise cost an allocation and another copy. It is
 * used again from its start whenever all that is in it was written, and left to who still writes when it is full.
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

/** Tells that a chunk, which may be a run of a slab, will not be read any more. */
export function releaseChunk(chunk: Uint8Array): void {
  if (chunk.buffer !== slab.buffer) return;
  liveRuns--;
  if (liveRuns === 0) used = 0;
}
