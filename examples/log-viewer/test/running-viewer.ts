import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type WebSocket } from '@turnout/core';
import { startExample, type RunningExample } from '@turnout/example-host/testing';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { freePort } from '../../../tools/ports.mjs';
import { startLocalSshd, type LocalSshd } from '../src/demo/local-sshd.ts';
import { createLogViewer, type LogViewer } from '../src/log-viewer-app.ts';

/** The path of sshd; undefined if it is skipped on purpose. */
export const sshdPath = requireSystemPart('sshd');

const password = 'correct horse';

/** A log viewer with a real sshd, and a log on it. */
export interface RunningViewer extends RunningExample<LogViewer> {
  readonly folder: string;
  sshd: LocalSshd;
  /** The path of the log with the id 1. */
  readonly path: string;
  /** Restarts sshd on the same port. */
  restartSshd(): Promise<void>;
}

export async function startViewer(): Promise<RunningViewer> {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-log-viewer-'));
  const sshd = await startLocalSshd({ folder, program: sshdPath, port: await freePort() });
  const running = await startExample((dataDir) =>
    createLogViewer({ dataDir, knownHostsFile: sshd.knownHostsFile, firstDelay: 50 }),
  );
  const { logs, users } = running.example;
  const path = join(folder, 'app.log');
  writeFileSync(path, '');
  const { port, login, keyFile } = sshd;
  logs.addHost({ name: 'box', address: '127.0.0.1', port, login, keyFile });
  logs.addLog({ host: 'box', type: 'app', path });
  await users.set('reader', password);
  const viewer: RunningViewer = {
    ...running,
    folder,
    sshd,
    path,
    restartSshd: async () => {
      viewer.sshd = await startLocalSshd({ folder, program: sshdPath, port });
    },
    stop: async (options) => {
      await running.stop(options);
      await viewer.sshd.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return viewer;
}

/** Signs in and returns the session's cookie. */
export async function signIn(url: string, name = 'reader', given = password): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ name, password: given }),
    redirect: 'manual',
  });
  const [cookie] = response.headers.getSetCookie();
  if (response.status !== 303 || !cookie) throw new Error(`Cannot sign in: status ${response.status}`);
  return cookie.split(';')[0]!;
}

/** A viewer of a log, without a page. */
export class Follower {
  readonly socket: WebSocket;
  readonly lines: string[] = [];
  readonly notices: string[] = [];
  skipped = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  static async open({ url }: RunningViewer, id: number | string = 1, cookie?: string): Promise<Follower> {
    const headers = { Cookie: cookie ?? (await signIn(url)) };
    return new Follower(await connect(`${url}/logs/${id}`, { headers, maxPayload: 64 * 1024 * 1024 }));
  }

  /** Reads one more message; returns whether there was one. */
  async read(): Promise<boolean> {
    const message = await this.socket.receive();
    if (message === null) return false;
    if (message === 'close connect') this.notices.push(message);
    else this.#take(JSON.parse(String(message)) as { type: string; data: never });
    return true;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (!(await this.read()))
        throw new Error(`Closed after ${this.lines.length} lines and: ${this.notices.join(' | ')}`);
    }
  }

  async untilNotice(part: string): Promise<void> {
    await this.until(() => this.notices.some((notice) => notice.includes(part)));
  }

  /** Waits until `tail` has the file open: lines written from now on are not among the first lines. */
  async untilFollowing(path: string): Promise<void> {
    await this.untilNotice('Following');
    write(path, 'ready');
    await this.untilLine('ready');
  }

  async untilLine(line: string): Promise<void> {
    await this.until(() => this.lines.includes(line));
  }

  #take({ type, data }: { readonly type: string; readonly data: unknown }): void {
    if (type === 'lines') this.lines.push(...(data as string[]));
    else if (type === 'skipped') this.skipped += data as number;
    else this.notices.push((data as { text: string }).text);
  }
}

export function write(path: string, ...lines: string[]): void {
  appendFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

export const numbered = (count: number, prefix = 'line'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
