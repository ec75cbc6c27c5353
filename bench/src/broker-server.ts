import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, isListening } from '../../tools/ports.mjs';
import { findSystemPart } from '../../tools/system-parts.mjs';

/** A Redis or NATS of the benchmark's own, that keeps nothing. */
export class BrokerServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @throws {Error} where it is not installed */
  static async start(kind: 'redis' | 'nats'): Promise<BrokerServer> {
    const program = findSystemPart(`${kind}-server`);
    if (program === undefined) throw new Error(`Missing ${kind}-server: "pnpm test" installs it`);
    const port = await freePort();
    const parameters =
      kind === 'redis'
        ? ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
        : ['-a', '127.0.0.1', '-p', String(port)];
    const child = spawn(program, parameters, { stdio: 'ignore' });
    while (!(await isListening(port))) await delay(20);
    return new BrokerServer(child, port);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}
