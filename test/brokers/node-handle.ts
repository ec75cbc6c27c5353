import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connect } from '@turnout/core';
import { createClient, type Client, type ClientOptions, type WebSocketClass } from '@turnout/client';
import { onTestFinished } from 'vitest';
import type { Patience } from './connect-brokers.ts';
import { WebSocket } from 'ws';

const script = fileURLToPath(new URL('./node-process.ts', import.meta.url));

/** A node in a separate process, controlled by the test. */
export class NodeHandle {
  readonly child: ChildProcess;
  readonly port: number;
  readonly #waiting = new Map<number, (isDone: boolean) => void>();
  #commands = 0;

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.port = port;
    child.on('message', ({ id, isDone }: { id: number; isDone: boolean }) => {
      this.#waiting.get(id)?.(isDone);
      this.#waiting.delete(id);
    });
    child.on('exit', () => {
      for (const answer of this.#waiting.values()) answer(false);
      this.#waiting.clear();
    });
  }

  static async start(kind: string, brokerPort: number, patience: Patience): Promise<NodeHandle> {
    const child = fork(script, [kind, String(brokerPort), patience], {
      execArgv: ['--conditions=@turnout/source', '--import', 'tsx'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [port] = (await once(child, 'message')) as [number];
    return new NodeHandle(child, port);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/live`;
  }

  /** Resolves with whether the broker has it, as far as the node knows. */
  publish(topic: string, message: string): Promise<boolean> {
    const id = this.#commands++;
    return new Promise((resolve) => {
      if (!this.child.connected) return resolve(false);
      this.#waiting.set(id, resolve);
      this.child.send({ id, topic, message }, (error) => error && resolve(false));
    });
  }

  /** Kills it, unless it has already ended. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  open(): ReturnType<typeof connect> {
    return connect(this.url);
  }
}

/** A client as in pages, but impatient. */
export function openClient(url: string, options: ClientOptions = {}): Client {
  const client = createClient(url, {
    WebSocket: WebSocket as unknown as WebSocketClass,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}
