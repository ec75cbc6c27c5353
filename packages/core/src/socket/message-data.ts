import { isAscii } from 'node:buffer';
import type { UnreadMessage } from './inbox.ts';

/** Data that can be sent: text as a string, or bytes. */
export type MessageData = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * The text or bytes to be sent, without a copy. A number is sent as its text.
 *
 * @throws {TypeError} on anything else: an object, `null` or `undefined` is a mistake that sending it would hide
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

/** A buffer that was transferred to another thread looks empty, but no new view of it can be created. */
function assertAttached(data: Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, 0);
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return value.constructor?.name ?? 'object';
}

const binaryTypes = ['nodebuffer', 'arraybuffer', 'blob', 'fragments'] as const;

/** The form in which `message` listeners receive bytes; the names are those of WHATWG and `ws`. */
export type BinaryType = (typeof binaryTypes)[number];

export function isBinaryType(value: unknown): value is BinaryType {
  return binaryTypes.includes(value as BinaryType);
}

/** Received bytes in the form that `binaryType` names. */
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

/** From this length on, in bytes, it is worth checking whether text is ASCII, which is decoded twice as fast. */
const minAsciiCheck = 128;

/** A received message as `receive()` returns it. */
export function toValue(message: UnreadMessage): string | Buffer;
export function toValue(message: UnreadMessage | null): string | Buffer | null;
export function toValue(message: UnreadMessage | null): string | Buffer | null {
  if (message === null) return null;
  const { data, isBinary } = message;
  if (isBinary) return data;
  return data.length >= minAsciiCheck && isAscii(data) ? data.toString('latin1') : data.toString();
}

/** A received message as an iterator result; `null` ends the iterator. */
export function toResult(message: UnreadMessage | null): IteratorResult<string | Buffer, void> {
  return message === null ? { done: true, value: undefined } : { done: false, value: toValue(message) };
}

/** The iterator of `for await`; leaving the loop does not change the socket. */
export function iterate(
  next: () => Promise<IteratorResult<string | Buffer, void>>,
): AsyncIterableIterator<string | Buffer, void, undefined> {
  const iterator = { next, [Symbol.asyncIterator]: () => iterator };
  return iterator;
}
