import { isUtf8 } from 'node:buffer';
import { decodeBusMessage, encodeBusMessage, type BusMessage, type StoredEntry } from '@turnout/topics';

/** The first byte of a message of a node, which no JSON begins with. */
const nodeSign = 0x54;

/** Whether bytes are a message of a node, if anything. */
export function isOfNode(bytes: Uint8Array): boolean {
  return bytes[0] === nodeSign;
}

/** Whose messages those of other programs are. */
const origin = 'outside';

/**
 * Reads a message of a node, or of another program: that is JSON.
 *
 * @param sequence given to a message of another program
 * @throws {TypeError} on what is neither
 */
export function decodeMessage(bytes: Buffer, sequence: () => number): BusMessage {
  return isOfNode(bytes) ? decodeBusMessage(bytes) : decodeOutside(bytes, sequence);
}

/** An entry of a history as a node would have stored it; as it is where it is neither JSON nor a node's. */
export function asStoredByNode({ offset, bytes }: StoredEntry): StoredEntry {
  if (isOfNode(bytes)) return { offset, bytes };
  try {
    return { offset, bytes: encodeBusMessage(decodeOutside(bytes, () => offset)) };
  } catch {
    return { offset, bytes };
  }
}

function decodeOutside(bytes: Buffer, sequence: () => number): BusMessage {
  const text = isUtf8(bytes) ? bytes.toString() : '';
  try {
    JSON.parse(text);
  } catch {
    throw new TypeError('not a Turnout message, and not JSON');
  }
  return { origin, sequence: sequence(), key: '', data: text };
}
