import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nginxConfig } from '../../../tools/nginx-config.mjs';
import { freePort, isListening } from '../../../tools/ports.mjs';
import { requireSystemPart } from './system-part.ts';

export interface Place {
  readonly port: number;
  /** A second free port. */
  readonly spare: number;
  /** Its own folder. */
  readonly folder: string;
}

/** A real server on a free port, which a test starts and stops. */
export class Daemon {
  readonly place: Place;
  readonly #path: string;
  readonly #parametersFor: (place: Place) => readonly string[];
  #process: ChildProcess | undefined;

  private constructor(path: string, place: Place, parametersFor: (place: Place) => readonly string[]) {
    this.#path = path;
    this.place = place;
    this.#parametersFor = parametersFor;
  }

  static async start(part: string, parametersFor: (place: Place) => readonly string[]): Promise<Daemon> {
    const place = {
      port: await freePort(),
      spare: await freePort(),
      folder: mkdtempSync(join(tmpdir(), `turnout-${part}-`)),
    };
    const daemon = new Daemon(requireSystemPart(part)!, place, parametersFor);
    await daemon.resume();
    return daemon;
  }

  get port(): number {
    return this.place.port;
  }

  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#process!;
    return exitCode === null && signalCode === null;
  }

  /** Restarts it on the same port with the same folder. */
  async resume(): Promise<void> {
    const child = spawn(this.#path, this.#parametersFor(this.place), { stdio: 'ignore' });
    this.#process = child;
    while (!(await isListening(this.port))) {
      if (!this.isRunning) throw new Error(`${this.#path} has ended with ${child.exitCode ?? child.signalCode}`);
      await delay(20);
    }
  }

  /** Restarts it without its stored data. */
  async resumeEmpty(): Promise<void> {
    rmSync(this.place.folder, { recursive: true });
    mkdirSync(this.place.folder);
    await this.resume();
  }

  /** Kills it, unless it has already ended. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  signal(signal: NodeJS.Signals): void {
    this.#process!.kill(signal);
  }

  async stop(): Promise<void> {
    // Not killed: nginx would leave its workers running.
    await this.#end('SIGTERM');
    rmSync(this.place.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#process!, 'exit');
    this.signal(signal);
    await ended;
  }
}

export interface BrokerLimits {
  /** How many bytes may wait for a subscriber until the server drops it. Default: the server's own. */
  readonly maxOutput?: number | undefined;
}

export function startRedis({ maxOutput }: BrokerLimits = {}): Promise<Daemon> {
  return Daemon.start('redis-server', ({ port, folder }) => [
    ...`--port ${port} --bind 127.0.0.1 --dir ${folder}`.split(' '),
    // Acknowledged writes survive a kill.
    ...'--save  --appendonly yes --appendfsync always'.split(' '),
    ...(maxOutput === undefined ? [] : ['--client-output-buffer-limit', `pubsub ${maxOutput} 0 0`]),
  ]);
}

export interface NatsOptions extends BrokerLimits {
  readonly hasJetStream?: boolean;
  /** Additions to its configuration file; called at each start. */
  readonly configuration?: () => string;
}

export function startNats({
  maxOutput,
  hasJetStream = true,
  configuration: configure = () => '',
}: NatsOptions = {}): Promise<Daemon> {
  return Daemon.start('nats-server', ({ port, spare, folder }) => {
    const configuration = join(folder, 'nats.conf');
    const limits = maxOutput === undefined ? '' : `max_pending: ${maxOutput}\n`;
    writeFileSync(configuration, limits + configure());
    return [
      ...`-a 127.0.0.1 -p ${port} -m ${spare} -c ${configuration}`.split(' '),
      ...(hasJetStream ? ['-js', '-sd', folder] : []),
    ];
  });
}

/** A reverse proxy with a usual configuration, in front of servers on this machine. */
export function startNginx(upstreamPorts: readonly number[], { readTimeout = 60 } = {}): Promise<Daemon> {
  return Daemon.start('nginx', ({ port, folder }) => {
    const configuration = join(folder, 'nginx.conf');
    writeFileSync(configuration, nginxConfig({ folder, port, upstreamPorts, readTimeout }));
    return ['-p', folder, '-e', join(folder, 'error.log'), '-c', configuration];
  });
}
