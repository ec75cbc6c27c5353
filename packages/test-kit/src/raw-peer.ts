import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { clientFrame, opcodes } from './client-frame.ts';
import { dialTcp, formatHandshake } from './raw-client.ts';
import { takeFrames, type TakenFrame } from './take-frames.ts';

export interface Dialling {
  /** Path. Default `/echo`. */
  readonly target?: string;
  /** Further header lines. */
  readonly headers?: readonly string[];
  /** Bytes sent together with the handshake. */
  readonly early?: Buffer;
  /** Whether to read nothing after the 101 until `resume()`. Default `false`. */
  readonly isDeaf?: boolean;
}

export const deflateHeader = 'Sec-WebSocket-Extensions: permessage-deflate';

/** A WebSocket client that sends given bytes, valid or not, and answers nothing automatically. */
export class RawPeer {
  readonly duplex: Duplex;
  /** Everything that the server has sent and that was not taken. */
  readonly frames: TakenFrame[] = [];
  #bytes: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #isEnded = false;
  #waiting: (() => void)[] = [];

  private constructor(duplex: Duplex) {
    this.duplex = duplex;
    duplex.on('error', () => {});
    duplex.on('close', () => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  /** Opens a WebSocket over its own TCP connection. @throws {Error} on any answer but 101 */
  static async open(port: number, dialling: Dialling = {}): Promise<RawPeer> {
    return RawPeer.over(await dialTcp(port), dialling);
  }

  static async over(duplex: Duplex, dialling: Dialling = {}): Promise<RawPeer> {
    const peer = new RawPeer(duplex);
    duplex.write(
      Buffer.concat([
        Buffer.from(formatHandshake({ target: '/echo', ...dialling })),
        dialling.early ?? Buffer.alloc(0),
      ]),
    );
    await peer.#readHead(dialling.isDeaf ?? false);
    return peer;
  }

  static openMany(port: number, count: number, dialling: Dialling = {}): Promise<RawPeer[]> {
    return Promise.all(Array.from({ length: count }, () => RawPeer.open(port, dialling)));
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Resolves when the system has accepted the bytes, or the connection has closed. */
  async write(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.duplex.write(bytes, () => resolve()));
  }

  /** The next frame that the server sends; `null` once the connection has ended. */
  async next(): Promise<TakenFrame | null> {
    while (this.frames.length === 0 && !this.#isEnded)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.frames.shift() ?? null;
  }

  /** The close code with which the server ends the connection; 1006 if it sends none. Drops everything else. */
  async closeCode(): Promise<number> {
    for (let frame = await this.next(); frame !== null; frame = await this.next()) {
      if (frame.opcode === opcodes.close) return closeCodeOf(frame);
    }
    return 1006;
  }

  /**
   * Sends `bytes` followed by a Ping; resolves with the close code received, or with `'open'` if the Ping is answered.
   */
  async verdictOn(bytes: Buffer): Promise<number | 'open'> {
    await this.write(Buffer.concat([bytes, clientFrame({ opcode: 'ping', payload: 'open?' })]));
    for (let frame = await this.next(); frame !== null; frame = await this.next()) {
      if (frame.opcode === opcodes.close) return closeCodeOf(frame);
      if (frame.opcode === opcodes.pong && frame.payload.toString() === 'open?') return 'open';
    }
    return 1006;
  }

  /** Sends a message and resolves with the reply. */
  async echo(text: string): Promise<string | undefined> {
    await this.write(clientFrame({ opcode: 'text', payload: text }));
    return (await this.next())?.payload.toString();
  }

  /** Resolves once the server has read everything sent before. @throws {Error} if it has ended the connection */
  async expectOpen(): Promise<void> {
    const verdict = await this.verdictOn(Buffer.alloc(0));
    if (verdict !== 'open') throw new Error(`Expected an open connection, got its end with ${verdict}`);
  }

  /** Like `echo()`, but the server may send Pings in between. */
  async echoPastPings(text: string): Promise<string | undefined> {
    await this.write(clientFrame({ opcode: 'text', payload: text }));
    for (let frame = await this.next(); frame !== null; frame = await this.next()) {
      if (frame.opcode !== opcodes.ping) return frame.payload.toString();
    }
    return undefined;
  }

  /** Takes exactly this many messages, and then the answer to a Ping. @throws {Error} if there are more or fewer */
  async expectOpenBehind(messages: number): Promise<void> {
    for (let count = 0; count < messages; count++) {
      const frame = await this.next();
      if (frame === null || frame.opcode > opcodes.binary)
        throw new Error(`Expected ${messages} messages, got ${count}`);
    }
    await this.write(clientFrame({ opcode: 'ping' }));
    const frame = await this.next();
    if (frame?.opcode !== opcodes.pong) throw new Error(`Expected ${messages} messages, got more`);
  }

  /** Resolves when the connection has closed. */
  async ended(): Promise<void> {
    while (!this.#isEnded) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  pause(): void {
    this.duplex.pause();
  }

  resume(): void {
    this.duplex.resume();
  }

  /** Resets the connection (RST). */
  reset(): void {
    (this.duplex as Socket).resetAndDestroy();
  }

  destroy(): void {
    this.duplex.destroy();
  }

  async #readHead(isDeaf: boolean): Promise<void> {
    let head = '';
    await new Promise<void>((resolve, reject) => {
      const onClose = (): void => reject(new Error(`Expected a 101, got the end after: ${head}`));
      const onData = (chunk: Buffer): void => {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        this.duplex.off('data', onData).off('close', onClose);
        if (isDeaf) this.duplex.pause();
        if (!head.startsWith('HTTP/1.1 101 ')) return reject(new Error(`Expected a 101, got ${head}`));
        this.#receive(Buffer.from(head.slice(end + 4), 'latin1'));
        this.duplex.on('data', (bytes: Buffer) => this.#receive(bytes));
        if (isDeaf) this.duplex.pause();
        return resolve();
      };
      this.duplex.on('data', onData).once('close', onClose);
    });
  }

  #receive(chunk: Buffer): void {
    const { frames, rest } = takeFrames(this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]));
    this.#bytes = rest;
    this.frames.push(...frames);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function closeCodeOf({ payload }: TakenFrame): number {
  return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
}
