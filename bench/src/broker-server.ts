import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, isListening } from '../../tools/ports.mjs';
import { findSystemPart } from '../../tools/system-parts.mjs';

/** `jetstream` is NATS with JetStream, which histories need. */
export type BrokerKind = 'redis' | 'nats' | 'jetstream';

interface BrokerProgram {
  readonly protocol: 'redis' | 'nats';
  readonly parameters: (port: number, folder: string) => string[];
}

const nats = (port: number): string[] => ['-a', '127.0.0.1', '-p', String(port)];

const programs: Readonly<Record<BrokerKind, BrokerProgram>> = {
  redis: {
    protocol: 'redis',
    parameters: (port, folder) =>
      ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'].concat('--port', String(port), '--dir', folder),
  },
  nats: { protocol: 'nats', parameters: nats },
  jetstream: { protocol: 'nats', parameters: (port, folder) => [...nats(port), '-js', '-sd', folder] },
};

/** A Redis or NATS server for the benchmark, whose data is removed with it. */
export class BrokerServer {
  readonly protocol: 'redis' | 'nats';
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, at: { protocol: 'redis' | 'nats'; port: number; folder: string }) {
    this.#child = child;
    this.protocol = at.protocol;
    this.port = at.port;
    this.#folder = at.folder;
  }

  /** @throws {Error} if it is not installed */
  static async start(kind: BrokerKind): Promise<BrokerServer> {
    const { protocol, parameters } = programs[kind];
    const program = findSystemPart(`${protocol}-server`);
    if (program === undefined) throw new Error(`Missing ${protocol}-server: "pnpm test" installs it`);
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'turnout-bench-'));
    const child = spawn(program, parameters(port, folder), { stdio: 'ignore' });
    while (!(await isListening(port))) await delay(20);
    return new BrokerServer(child, { protocol, port, folder });
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
    await rm(this.#folder, { recursive: true });
  }
}
