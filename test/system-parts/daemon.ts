import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { requireSystemPart } from './system-part.ts';

export interface Place {
  readonly port: number;
  /** A second one. */
  readonly spare: number;
  /** A folder of its own. */
  readonly folder: string;
}

/** A real server on a free port, started by a test and stopped by it. */
export class Daemon {
  readonly place: Place;
  readonly #path: string;
  readonly #parameters: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(path: string, place: Place, parameters: readonly string[]) {
    this.#path = path;
    this.place = place;
    this.#parameters = parameters;
  }

  static async start(part: string, parametersFor: (place: Place) => readonly string[]): Promise<Daemon> {
    const place = {
      port: await freePort(),
      spare: await freePort(),
      folder: mkdtempSync(join(tmpdir(), `turnout-${part}-`)),
    };
    const daemon = new Daemon(requireSystemPart(part)!, place, parametersFor(place));
    await daemon.resume();
    return daemon;
  }

  get port(): number {
    return this.place.port;
  }

  /** Starts it once more, where it was. */
  async resume(): Promise<void> {
    this.#process = spawn(this.#path, this.#parameters, { stdio: 'ignore' });
    while (!(await isListening(this.port))) await delay(20);
  }

  /** The same, with nothing of what it has kept. */
  async resumeEmpty(): Promise<void> {
    rmSync(this.place.folder, { recursive: true });
    mkdirSync(this.place.folder);
    await this.resume();
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    const ended = once(this.#process!, 'exit');
    this.signal('SIGKILL');
    await ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process!.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#process!.exitCode === null && this.#process!.signalCode === null) await this.kill();
    rmSync(this.place.folder, { recursive: true, force: true });
  }
}

async function isListening(port: number): Promise<boolean> {
  const probe = connect(port, '127.0.0.1');
  const isUp = await once(probe, 'connect').then(
    () => true,
    () => false,
  );
  probe.destroy();
  return isUp;
}

export function startRedis(): Promise<Daemon> {
  return Daemon.start('redis-server', ({ port, folder }) => [
    ...`--port ${port} --bind 127.0.0.1 --dir ${folder}`.split(' '),
    // What was acknowledged outlives a kill.
    ...'--save  --appendonly yes --appendfsync always'.split(' '),
  ]);
}

export function startNats(): Promise<Daemon> {
  return Daemon.start('nats-server', ({ port, spare, folder }) =>
    `-a 127.0.0.1 -p ${port} -m ${spare} -js -sd ${folder}`.split(' '),
  );
}

/** A reverse proxy as people set it up, before a server on this machine. */
export function startNginx(upstreamPorts: readonly number[], { readTimeout = 60 } = {}): Promise<Daemon> {
  return Daemon.start('nginx', ({ port, folder }) => {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off;
      pid ${folder}/nginx.pid;
      error_log ${folder}/error.log;
      worker_processes 1;
      worker_shutdown_timeout 1s;
      events {}
      http {
        access_log off;
        ${paths.join('\n')}
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        upstream app { ${upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream} max_fails=0;`).join(' ')} }
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_read_timeout ${readTimeout}s;
          }
        }
      }`,
    );
    return ['-p', folder, '-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`];
  });
}
