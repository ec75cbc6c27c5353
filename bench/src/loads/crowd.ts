import { FrameStream } from '../frame-stream.ts';
import type { LoadConnection } from '../load-connection.ts';
import { maskedFrame } from '../masked-frame.ts';
import type { ServerProcess } from '../server-process.ts';
import { openMany } from './echo.ts';

/** Called with each message of a server, and the client that received it. */
export type CrowdListener = (payload: Buffer, client: number) => void;

/** Clients of `servers/cluster-topics.ts`, spread over its nodes. */
export class Crowd {
  readonly #connections: readonly LoadConnection[];
  readonly #listeners = new Set<CrowdListener>();
  #onFault: (error: Error) => void = () => {};

  private constructor(connections: readonly LoadConnection[]) {
    this.#connections = connections;
  }

  static async open(nodes: readonly ServerProcess[], size: number): Promise<Crowd> {
    const connections: LoadConnection[] = [];
    for (const [index, { port }] of nodes.entries()) {
      const share = Math.floor((size * (index + 1)) / nodes.length) - connections.length;
      connections.push(...(await openMany({ port, path: '/' }, share)));
    }
    return new Crowd(connections);
  }

  get size(): number {
    return this.#connections.length;
  }

  /** Begins to read. `onFault` is called for a lost connection, and with the error passed to {@link fail}. */
  start(onFault: (error: Error) => void): void {
    this.#onFault = onFault;
    for (const [client, { duplex }] of this.#connections.entries()) {
      const frames = new FrameStream();
      const onPayload = (payload: Buffer): void => {
        for (const listener of this.#listeners) listener(payload, client);
      };
      duplex.on('data', (chunk: Buffer) => frames.push(chunk, onPayload));
      duplex.on('error', (error) => this.fail(error));
      duplex.on('close', () => this.fail(new Error('Connection lost: the server closed it')));
    }
  }

  /** A client sends messages in one write. */
  send(client: number, texts: readonly string[]): void {
    const frames = texts.map((text) => maskedFrame(Buffer.from(text), { opcode: 1 }));
    this.#connections[client]?.duplex.write(Buffer.concat(frames));
  }

  /** @returns a function that removes it */
  listen(listener: CrowdListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once every client has received a message that contains this text. */
  hears(text: string): Promise<void> {
    const expected = Buffer.from(text);
    const missing = new Set(this.#connections.keys());
    return new Promise((resolve) => {
      const end = this.listen((payload, client) => {
        if (!payload.includes(expected) || !missing.delete(client) || missing.size > 0) return;
        end();
        resolve();
      });
    });
  }

  fail(error: Error): void {
    this.#onFault(error);
  }

  stop(): void {
    this.#onFault = () => {};
    for (const connection of this.#connections) connection.stop();
  }
}

export function subscription(topic: string): string {
  return JSON.stringify({ subscribe: topic });
}

export function publication(topic: string, data: string): string {
  return JSON.stringify({ publish: topic, data });
}
