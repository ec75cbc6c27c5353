import type { BusMessage, StoredMessage } from './broker.ts';

/**
 * A message as bytes: a magic byte, a version byte, the length of the header in two bytes, the header as JSON, and the
 * data. Unknown header fields are ignored, so that a later version can add some.
 */
const sign = 0x54;
const version = 1;
const headStart = 4;

interface Head {
  readonly origin: string;
  readonly sequence: number;
  readonly key?: string;
  readonly binary?: true;
  readonly mark?: true;
}

export function encodeBusMessage({ origin, sequence, key, data, mark }: BusMessage): Buffer {
  const isBinary = typeof data !== 'string';
  const head = JSON.stringify({
    origin,
    sequence,
    ...(key !== '' && { key }),
    ...(isBinary && { binary: true }),
    ...(mark && { mark }),
  });
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

/** @throws {TypeError} if the bytes are not a message, with what is wrong with them */
export function decodeBusMessage(bytes: Buffer): BusMessage {
  if (bytes.length < headStart || bytes[0] !== sign) throw new TypeError('not a Turnout message');
  if (bytes[1] !== version) throw new TypeError(`Turnout message of version ${bytes[1]}, expected ${version}`);
  const dataStart = headStart + bytes.readUInt16BE(2);
  if (dataStart > bytes.length) throw new TypeError('truncated Turnout message');
  const { origin, sequence, key = '', binary, mark } = parseHead(bytes.toString('utf8', headStart, dataStart));
  if (typeof origin !== 'string' || typeof key !== 'string' || !Number.isSafeInteger(sequence) || sequence < 0) {
    throw new TypeError('header is malformed');
  }
  const rest = bytes.subarray(dataStart);
  const data = binary === true ? rest : rest.toString();
  return mark === true ? { origin, sequence, key, data, mark } : { origin, sequence, key, data };
}

/** A message as a history stores it. For brokers. */
export interface StoredEntry {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Replaces an entry that is not a message, so that the offsets stay consecutive. */
const foreignEntry: BusMessage = { origin: '', sequence: 1, key: '', data: '', mark: true };

/**
 * Decodes the stored messages of a history, in order. An entry that is not a message is reported and replaced by a
 * mark. If an offset is missing, only the messages after it are returned, so that the result is always consecutive.
 */
export function decodeStored(entries: Iterable<StoredEntry>, onForeign: (reason: string) => void): StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (const { offset, bytes } of entries) {
    if (messages.length > 0 && offset !== messages.at(-1)!.offset + 1) messages.length = 0;
    messages.push({ offset, message: decodeEntry(bytes, onForeign) });
  }
  return messages;
}

function decodeEntry(bytes: Buffer, onForeign: (reason: string) => void): BusMessage {
  try {
    return decodeBusMessage(bytes);
  } catch (error) {
    onForeign((error as Error).message);
    return foreignEntry;
  }
}

function parseHead(text: string): Partial<Head> & Pick<Head, 'sequence'> {
  try {
    return Object(JSON.parse(text)) as Head;
  } catch {
    throw new TypeError('header is not valid JSON');
  }
}
