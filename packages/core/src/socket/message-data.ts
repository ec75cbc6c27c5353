/** What can be sent: text as a string, or bytes. */
export type MessageData = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * The text or the bytes of what is to be sent, without a copy.
 *
 * @throws {TypeError} on anything else: a number or an object is a mistake, and sending it as text would hide it
 */
export function toTextOrBytes(data: MessageData): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  throw new TypeError(`Invalid data: expected a string, an ArrayBuffer or a view of one, got ${describe(data)}`);
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return value.constructor?.name ?? 'object';
}

/** How received bytes are given to `message` listeners; the names of WHATWG and of `ws`. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments';

/** Received bytes as `binaryType` says. */
export function toBinaryType(data: Buffer, binaryType: BinaryType): Buffer | ArrayBuffer | Buffer[] {
  switch (binaryType) {
    case 'nodebuffer':
      return data;
    case 'arraybuffer':
      return new Uint8Array(data).buffer;
    case 'fragments':
      return [data];
  }
}
