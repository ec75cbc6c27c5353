import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What goes over the wire for one message, each way, and how many are on their way at a time. */
export interface EchoTraffic {
  readonly request: Buffer;
  readonly reply: Buffer;
  readonly inFlight: number;
}

/** The largest chunk that Node.js reads from a socket. */
const maxChunk = 64 * 1024;

/**
 * One connection of the load: it keeps `inFlight` messages on their way, compares every byte that comes back, and
 * counts. All frames are built beforehand, so that the load costs little beside the server that is measured.
 */
export class EchoConnection {
  readonly #duplex: Socket;
  readonly #traffic: EchoTraffic;
  /** `inFlight` requests in a row; a prefix of it answers any number of replies in one write. */
  readonly #requests: Buffer;
  /** Replies in a row, long enough to compare any chunk at any offset. */
  readonly #expected: Buffer;
  #byteLength = 0;
  #isSending = true;

  private constructor(duplex: Socket, traffic: EchoTraffic) {
    const { request, reply, inFlight } = traffic;
    this.#duplex = duplex;
    this.#traffic = traffic;
    this.#requests = Buffer.concat(Array.from({ length: inFlight }, () => request));
    const replyCount = Math.ceil(maxChunk / reply.length) + 1;
    this.#expected = Buffer.concat(Array.from({ length: replyCount }, () => reply));
  }

  /** Connects to a WebSocket server and opens the WebSocket. */
  static async openWebSocket(port: number, traffic: EchoTraffic): Promise<EchoConnection> {
    const duplex = await dial(port);
    duplex.write(upgradeRequest(port));
    let head = Buffer.alloc(0);
    while (!head.includes('\r\n\r\n')) {
      const [chunk] = (await once(duplex, 'data')) as [Buffer];
      head = Buffer.concat([head, chunk]);
    }
    const status = head.toString('latin1', 0, head.indexOf('\r\n'));
    if (!status.startsWith('HTTP/1.1 101 ')) throw new Error(`Upgrade refused: ${status}`);
    return new EchoConnection(duplex, traffic);
  }

  /** Connects to a server that speaks no protocol at all. */
  static async openRaw(port: number, traffic: EchoTraffic): Promise<EchoConnection> {
    return new EchoConnection(await dial(port), traffic);
  }

  /** The number of whole replies so far. */
  get replyCount(): number {
    return Math.floor(this.#byteLength / this.#traffic.reply.length);
  }

  /** Sends the first messages; from here on every reply is answered with the next message, until `stop`. */
  start(onFault: (error: Error) => void): void {
    this.#duplex.on('data', (chunk) => this.#receive(chunk, onFault));
    this.#duplex.on('error', onFault);
    this.#duplex.on('close', () => this.#isSending && onFault(new Error('Connection lost: the server closed it')));
    this.#duplex.write(this.#requests);
  }

  stop(): void {
    this.#isSending = false;
    this.#duplex.destroy();
  }

  #receive(chunk: Buffer, onFault: (error: Error) => void): void {
    const { request, reply } = this.#traffic;
    const offset = this.#byteLength % reply.length;
    if (chunk.compare(this.#expected, offset, offset + chunk.length) !== 0) {
      onFault(new Error(`Wrong echo: reply ${this.replyCount} differs from what was sent`));
    }
    const before = this.replyCount;
    this.#byteLength += chunk.length;
    const replies = this.replyCount - before;
    if (replies > 0 && this.#isSending) this.#duplex.write(this.#requests.subarray(0, replies * request.length));
  }
}

async function dial(port: number): Promise<Socket> {
  const duplex = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(duplex, 'connect');
  return duplex;
}

function upgradeRequest(port: number): string {
  return [
    'GET /echo HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    // The sample key of RFC 6455 §1.2: the answer is not what is measured.
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');
}
