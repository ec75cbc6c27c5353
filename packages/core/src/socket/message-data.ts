import { isAscii } from 'node:buffer';
import type { UnreadMessage } from './inbox.ts';

/** What can be sent: text as a string, or bytes. */
export type MessageData = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * The text or the bytes of what is to be sent, without a copy. A number is sent as its text.
 *
 * @throws {TypeError} on anything else: an object, `null` or `undefined` is a mistake, and sending it would hide it
 */
export function toTextOrBytes(data: MessageData | number): string | Uint8Array {
  if (typeof data === 'string') return data;
  if (typeof data === 'number') return String(data);
  if (data instanceof Uint8Array) return data.byteLength > 0 ? data : assertAttached(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  throw new TypeError(
    `Invalid data: expected a string, a number, an ArrayBuffer or a view of one, got ${describe(data)}`,
  );
}

/** A buffer that was transferred to another thread looks empty; a new view of it cannot be made. */
function assertAttached(data: Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, 0);
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return value.constructor?.name ?? 'object';
}

const binaryTypes = ['nodebuffer', 'arraybuffer', 'blob', 'fragments'] as const;

/** How received bytes are given to `message` listeners; the names of WHATWG and of `ws`. */
export type BinaryType = (typeof binaryTypes)[number];

export function isBinaryType(value: unknown): value is BinaryType {
  return binaryTypes.includes(value as BinaryType);
}

/** Received bytes as `binaryType` says. */
export function toBinaryType(data: Buffer, binaryType: BinaryType): Buffer | ArrayBuffer | Blob | Buffer[] {
  switch (binaryType) {
    case 'nodebuffer':
      return data;
    case 'arraybuffer':
      return new Uint8Array(data).buffer;
    case 'blob':
      return new Blob([data]);
    case 'fragments':
      return [data];
  }
}

/** From this length on, in bytes, it pays to ask whether text is ASCII, which is decoded twice as fast. */
const minAsciiCheck = 128;

/** A received message as `receive()` gives it. */
export function toValue(message: UnreadMessage): string | Buffer;
export function toValue(message: UnreadMessage | null): string | Buffer | null;
export function toValue(message: UnreadMessage | null): string | Buffer | null {
  if (message === null) return null;
  const { data, isBinary } = message;
  if (isBinary) return data;
  return data.length >= minAsciiCheck && isAscii(data) ? data.toString('latin1') : data.toString();
}

/** A received message as an iterator gives it; its end for `null`. */
export function toResult(message: UnreadMessage | null): IteratorResult<string | Buffer, void> {
  return message === null ? { done: true, value: undefined } : { done: false, value: toValue(message) };
}

/** What `for await` asks of a socket; leaving the loop leaves the socket as it is. */
export function iterate(
  next: () => Promise<IteratorResult<string | Buffer, void>>,
): AsyncIterableIterator<string | Buffer, void, undefined> {
  const iterator = { next, [Symbol.asyncIterator]: () => iterator };
  return iterator;
}
