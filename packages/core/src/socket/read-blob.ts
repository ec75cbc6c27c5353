import { isUtf8 } from 'node:buffer';

/**
 * The bytes of a Blob. Rejects if they cannot be read, and with a `TypeError` if they are sent as text but are not
 * UTF-8.
 */
export async function readBlob(blob: Blob, isBinary: boolean): Promise<Uint8Array> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (!isBinary && !isUtf8(bytes)) throw new TypeError('Invalid text message: expected UTF-8');
  return bytes;
}
