import { encodeFrame, type OutgoingFrame } from './frame-encoder.ts';

/** What was framed last, and for whom. */
let payload: string | Uint8Array = '';
let opcode = -1;
let receiver: object | null = null;
/** Its frame, once a second receiver gets it. */
let shared: Buffer | null = null;

/**
 * The frame of a whole message that a server has just sent to somebody else: a loop that sends one payload to 1,000
 * sockets makes one frame, and in bursts one write of many (`socket/batch.ts`), not 1,000. Without it a burst of 16
 * takes 1.6 times as long.
 *
 * @param to whoever the frame is for: one receiver never gets a shared frame twice in a row, because frames of one
 *   receiver are cheaper side by side in the output slab
 * @returns `null` if this is another message than the last; the caller then makes its frame
 */
export function repeatedFrame(frame: OutgoingFrame, to: object): Buffer | null {
  const isSame = to !== receiver && frame.opcode === opcode && frame.payload === payload && isWhole(frame);
  receiver = to;
  if (!isSame) {
    ({ payload, opcode } = frame);
    shared = null;
    return null;
  }
  // The application may have changed bytes in place.
  if (shared === null || !endsWith(shared, frame.payload)) shared = encodeFrame(frame, 'server');
  return shared;
}

/** Forgets the last message, which would otherwise stay in memory. */
export function forgetRepeated(): void {
  payload = '';
  opcode = -1;
  receiver = null;
  shared = null;
}

function isWhole({ fin, rsv1 }: OutgoingFrame): boolean {
  return fin && !rsv1;
}

/** Up to this many bytes, a loop costs less than calling a comparison. */
const maxLoop = 128;

function endsWith(bytes: Buffer, end: string | Uint8Array): boolean {
  if (typeof end === 'string') return true;
  const start = bytes.length - end.length;
  if (end.length > maxLoop) return bytes.compare(end, 0, end.length, start) === 0;
  let index = 0;
  while (index < end.length && bytes[start + index] === end[index]) index++;
  return index === end.length;
}
