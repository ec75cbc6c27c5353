import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { rawFrame } from '@turnout/test-kit/raw-frame';
import { takeFrames } from '@turnout/test-kit/take-frames';

/** What the raw server does with the next client: an answer to its handshake, and bytes after it. */
export interface Script {
  /** Lines of the head; `{accept}` stands for the accept value. */
  readonly answer: readonly string[];
  readonly bytes: Buffer;
  /** Sent once the client has sent a frame. */
  readonly lastBytes?: Buffer;
}

/** What the client sent. */
export interface Recording {
  readonly request: string;
  /** Its frames, unmasked. */
  readonly frames: Buffer;
  readonly isMasked: boolean;
}

/**
 * A server that follows a script, and knows nothing of WebSockets except the accept value and to end after a Close
 * frame.
 */
export class RawServer {
  readonly #server: Server = createServer({ allowHalfOpen: true });

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/chat`;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Serves the next client, until it or its Close frame ends the connection. */
  async serve({ answer, bytes, lastBytes }: Script): Promise<Recording> {
    const [client] = (await once(this.#server, 'connection')) as [Socket];
    let received = Buffer.alloc(0);
    let headEnd = -1;
    let last = lastBytes;
    for await (const chunk of client as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      if (headEnd < 0) {
        headEnd = received.indexOf('\r\n\r\n');
        if (headEnd >= 0) client.write(Buffer.concat([head(answer, received.toString('latin1')), bytes]));
      }
      const sent = headEnd < 0 ? [] : takeFrames(received.subarray(headEnd + 4)).frames;
      if (sent.some(({ first }) => first === 0x88)) break;
      if (sent.length === 0 || last === undefined) continue;
      client.write(last);
      last = undefined;
    }
    client.end();
    const sent = takeFrames(received.subarray(headEnd + 4)).frames;
    return {
      request: received.toString('latin1', 0, headEnd + 4),
      frames: Buffer.concat(sent.map(({ first, payload }) => rawFrame(first, payload))),
      isMasked: sent.every((frame) => frame.isMasked),
    };
  }
}

function head(lines: readonly string[], request: string): Buffer {
  const key = request
    .split('\r\n')
    .find((line) => line.startsWith('Sec-WebSocket-Key: '))!
    .slice(19);
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return Buffer.from(`${lines.join('\r\n').replace('{accept}', accept)}\r\n\r\n`);
}
