import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type WebSocket } from '@turnout/core';
import { createVotingApp, type Voting, type VotingOptions } from '../src/voting-app.ts';

/** The voting app in this process, on a free port and a data folder of its own. */
export interface RunningApp {
  readonly url: string;
  readonly dataDir: string;
  readonly voting: Voting;
  /** Ends the app and removes its data, unless told to keep it. */
  stop(options?: { readonly keepData?: boolean }): Promise<void>;
}

export interface StartOptions extends Partial<VotingOptions> {
  readonly port?: number;
}

export async function startApp({ port = 0, ...options }: StartOptions = {}): Promise<RunningApp> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'turnout-voting-'));
  const voting = createVotingApp({ ...options, dataDir });
  const server = await new Promise<Server>((resolve, reject) => {
    const listening: Server = voting.app.listen(port, '127.0.0.1', (error) =>
      error ? reject(error) : resolve(listening),
    );
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dataDir,
    voting,
    stop: async ({ keepData = false } = {}) => {
      await voting.app.close({ timeout: 2_000 });
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      voting.dispose();
      if (!keepData) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Signs in and returns the session's cookie. */
export async function signIn(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ name }),
    redirect: 'manual',
  });
  const [cookie] = response.headers.getSetCookie();
  if (response.status !== 303 || !cookie) throw new Error(`Cannot sign in: status ${response.status}`);
  return cookie.split(';')[0]!;
}

export interface ServerMessage {
  readonly type: string;
  readonly data?: unknown;
}

export function openMessages(url: string, cookie: string): Promise<WebSocket> {
  return connect(`${url}/message`, { headers: { Cookie: cookie } });
}

/** The next message of a type; the others are skipped. */
export async function nextOf<Data>(socket: WebSocket, type: string): Promise<Data> {
  for (;;) {
    const message = await socket.receive();
    if (message === null) throw new Error(`Closed before a message of type ${type}`);
    const { type: actual, data } = JSON.parse(String(message)) as ServerMessage;
    if (actual === type) return data as Data;
  }
}
