import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExpectedReplies } from './expected-replies.ts';

/** The target of a connection: a path for WebSocket, or plain TCP without a path. */
export interface Target {
  readonly port: number;
  readonly path?: string | undefined;
  /** Further header lines of the upgrade. */
  readonly headers?: readonly string[] | undefined;
}

/**
 * One connection of the load: it compares every byte received with the repeated expected reply, and counts.
 */
export class LoadConnection {
  readonly duplex: Socket;
  #replies: ExpectedReplies | undefined;
  #byteLength = 0;
  #isOpen = true;

  private constructor(duplex: Socket) {
    this.duplex = duplex;
  }

  static async open({ port, path, headers = [] }: Target): Promise<LoadConnection> {
    const duplex = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(duplex, 'connect');
    if (path !== undefined) await upgrade(duplex, [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers]);
    return new LoadConnection(duplex);
  }

  /** The number of complete replies so far. */
  get replyCount(): number {
    return this.#replies === undefined ? 0 : Math.floor(this.#byteLength / this.#replies.replyLength);
  }

  /**
   * Begins to read.
   *
   * @param onReplies called with the number of newly completed replies, after each read that completed one
   * @param onFault called on a wrong byte, and on a lost connection
   */
  expect(replies: ExpectedReplies, onReplies: (count: number) => void, onFault: (error: Error) => void): void {
    this.#replies = replies;
    this.duplex.on('data', (chunk) => {
      const before = this.replyCount;
      if (!replies.continueWith(chunk, this.#byteLength)) {
        onFault(new Error(`Wrong reply: number ${before} or a later one is not the expected one`));
      }
      this.#byteLength += chunk.length;
      if (this.replyCount > before) onReplies(this.replyCount - before);
    });
    this.duplex.on('error', onFault);
    this.duplex.on('close', () => this.#isOpen && onFault(new Error('Connection lost: the server closed it')));
  }

  stop(): void {
    this.#isOpen = false;
    this.duplex.destroy();
  }
}

async function upgrade(duplex: Socket, lines: readonly string[]): Promise<void> {
  const own = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    // The sample key of RFC 6455 §1.2: the handshake is not measured.
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  duplex.write([...lines, ...own, '\r\n'].join('\r\n'));
  let head = Buffer.alloc(0);
  while (!head.includes('\r\n\r\n')) {
    const [chunk] = (await once(duplex, 'data')) as [Buffer];
    head = Buffer.concat([head, chunk]);
  }
  const status = head.toString('latin1', 0, head.indexOf('\r\n'));
  if (!status.startsWith('HTTP/1.1 101 ')) throw new Error(`Upgrade refused: ${status}`);
}
