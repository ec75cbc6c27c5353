import { isUtf8 } from 'node:buffer';
import { encodeBusMessage, type BusMessage, type StoredEntry } from '@turnout/topics';
import { isJsonSubject } from './names.ts';
import type { StreamEntry } from './stream-pages.ts';

/** The origin of messages from other programs. */
const origin = 'outside';

/** @throws {TypeError} if the bytes are not JSON */
export function decodeOutside(bytes: Buffer, sequence: () => number): BusMessage {
  const text = isUtf8(bytes) ? bytes.toString() : '';
  try {
    JSON.parse(text);
  } catch {
    throw new TypeError('message of another program that is not JSON');
  }
  return { origin, sequence: sequence(), key: '', data: text };
}

/** A stored entry in the form in which a node would have stored it. */
export function asStoredByNode({ offset, subject, bytes }: StreamEntry): StoredEntry {
  if (!isJsonSubject(subject)) return { offset, bytes };
  try {
    return { offset, bytes: encodeBusMessage(decodeOutside(bytes, () => offset)) };
  } catch {
    // Cannot be mistaken for a node's message, regardless of what the program sent.
    return { offset, bytes: Buffer.from('not JSON') };
  }
}
