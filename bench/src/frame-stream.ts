import { firstPayload } from './masked-frame.ts';

/** The payloads of a server's frames, however they are split. */
export class FrameStream {
  #rest: Buffer = Buffer.alloc(0);

  /** Calls `onPayload` for each frame that `chunk` completes. */
  push(chunk: Buffer, onPayload: (payload: Buffer) => void): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let first = firstPayload(bytes); first !== null; first = firstPayload(bytes)) {
      onPayload(first.payload);
      bytes = bytes.subarray(first.frame.length);
    }
    this.#rest = bytes;
  }
}
