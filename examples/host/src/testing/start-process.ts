import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface StartProcessOptions {
  /** The example's own folder. */
  readonly folder: URL;
  /** For `DATA_DIR`. Default: the example's own. */
  readonly dataDir?: string;
  readonly parameters?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
  /** More environment variables. */
  readonly env?: NodeJS.ProcessEnv;
}

/** An example as a separate process, started as `pnpm example NAME` does. */
export interface RunningProcess {
  readonly child: ChildProcess;
  /** The lines of its standard output so far. */
  readonly lines: readonly string[];
  /**
   * Resolves at the line that states its address; rejects with its standard error if it ends before.
   */
  readonly url: Promise<string>;
  /** Kills it if it is still running. */
  kill(): Promise<void>;
}

export function startProcess(options: StartProcessOptions): RunningProcess {
  const { folder, dataDir, port = 0, parameters = [], env } = options;
  const command = ['--conditions=@turnout/source', '--import', 'tsx', 'src/main.ts', ...parameters];
  const child = spawn(process.execPath, command, {
    cwd: fileURLToPath(folder),
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const url = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const [, where] = /^listening on (http:\S+)$/.exec(line) ?? [];
      if (where) resolve(where);
    });
    child.on('close', () => reject(new Error(Buffer.concat(complaints).toString())));
  });
  // A caller that only waits for the end does not await the address.
  url.catch(() => undefined);
  return {
    child,
    lines,
    url,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
