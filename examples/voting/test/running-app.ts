import { startExample, type RunningExample, type StartOptions } from '@turnout/example-host/testing';
import { connect, type WebSocket } from '@turnout/core';
import { embeddedStorage } from '../src/storage.ts';
import { createVotingApp, type VotingOptions } from '../src/voting-app.ts';

export type StartVotingOptions = StartOptions & Pick<VotingOptions, 'alertToken' | 'voteRate'>;

export function startVoting({ alertToken, voteRate, ...options }: StartVotingOptions = {}): Promise<RunningExample> {
  return startExample(
    (dataDir) => createVotingApp({ storage: embeddedStorage(dataDir), alertToken, voteRate }),
    options,
  );
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
