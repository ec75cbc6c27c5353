import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, isListening } from '../../tools/ports.mjs';

/** The output of a peer's program when its connection has ended. */
export interface PeerReport {
  /** The Sec-WebSocket-Extensions of the answer that it received. */
  readonly extensions: string;
  readonly code: number;
}

const wordsOf = (parameter: string | undefined): string[] => (parameter === undefined ? [] : [parameter]);

/**
 * Lets a peer connect, send, expect echoes and close. Rejects with its output if anything is wrong.
 */
export async function runClient(command: readonly string[], url: string, parameter?: string): Promise<PeerReport> {
  const [program, ...words] = command;
  const { stdout } = await promisify(execFile)(program!, [...words, 'client', url, ...wordsOf(parameter)], {
    timeout: 50_000,
  });
  return JSON.parse(stdout) as PeerReport;
}

export interface PeerServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a peer that echoes. */
export async function startServer(command: readonly string[], parameter?: string): Promise<PeerServer> {
  const [program, ...words] = command;
  const port = await freePort();
  const child = spawn(program!, [...words, 'server', String(port), ...wordsOf(parameter)], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} has ended with exit code ${child.exitCode}`);
    await delay(20);
  }
  return {
    url: `ws://127.0.0.1:${port}/`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
