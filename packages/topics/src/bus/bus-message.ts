import type { BusMessage, StoredMessage } from './broker.ts';

/**
 * A message as bytes: our sign and the version of the form, one byte each, the length of the head in two, the head as
 * JSON, and the data. Fields of the head that are not known are left alone, so that a later version can add some.
 */
const sign = 0x54;
const version = 1;
const headStart = 4;

interface Head {
  readonly origin: string;
  readonly sequence: number;
  readonly key?: string;
  readonly binary?: true;
}

export function encodeBusMessage({ origin, sequence, key, data }: BusMessage): Buffer {
  const isBinary = typeof data !== 'string';
  const head = JSON.stringify({ origin, sequence, ...(key !== '' && { key }), ...(isBinary && { binary: true }) });
  const headLength = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(headStart + headLength + Buffer.byteLength(data));
  bytes[0] = sign;
  bytes[1] = version;
  bytes.writeUInt16BE(headLength, 2);
  bytes.write(head, headStart);
  if (isBinary) data.copy(bytes, headStart + headLength);
  else bytes.write(data, headStart + headLength);
  return bytes;
}

/** @throws {TypeError} on what is none, with what is wrong with it */
export function decodeBusMessage(bytes: Buffer): BusMessage {
  if (bytes.length < headStart || bytes[0] !== sign) throw new TypeError('it is no message of ours');
  if (bytes[1] !== version) throw new TypeError(`it is of version ${bytes[1]}, expected ${version}`);
  const dataStart = headStart + bytes.readUInt16BE(2);
  if (dataStart > bytes.length) throw new TypeError('it is cut short');
  const { origin, sequence, key = '', binary } = parseHead(bytes.toString('utf8', headStart, dataStart));
  if (typeof origin !== 'string' || typeof key !== 'string' || !Number.isSafeInteger(sequence)) {
    throw new TypeError('its head is malformed');
  }
  const data = bytes.subarray(dataStart);
  return { origin, sequence, key, data: binary === true ? data : data.toString() };
}

/** A message of a history as it is kept. For brokers. */
export interface StoredEntry {
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * The messages of a history, in order, from the bytes that are kept of them. What is none is told of. Where one is none, or is
 * missing, only what comes behind it is given: messages follow each other.
 */
export function decodeStored(entries: Iterable<StoredEntry>, onForeign: (reason: string) => void): StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (const { offset, bytes } of entries) {
    if (messages.length > 0 && offset !== messages.at(-1)!.offset + 1) messages.length = 0;
    try {
      messages.push({ offset, message: decodeBusMessage(bytes) });
    } catch (error) {
      messages.length = 0;
      onForeign((error as Error).message);
    }
  }
  return messages;
}

function parseHead(text: string): Partial<Head> & Pick<Head, 'sequence'> {
  try {
    return Object(JSON.parse(text)) as Head;
  } catch {
    throw new TypeError('its head is no JSON');
  }
}
