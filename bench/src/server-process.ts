import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReportQuestion, ServerReport } from './servers/report-to-parent.ts';

/** A server under test, in a separate process, on a free port of the loopback address. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts `servers/NAME.ts`. @throws {Error} if it ends before it listens */
  static async start(
    name: string,
    env: Readonly<Record<string, string>> = {},
    parameters: readonly string[] = [],
  ): Promise<ServerProcess> {
    const script = fileURLToPath(new URL(`./servers/${name}.ts`, import.meta.url));
    // No conditions: the built packages are used, as by users.
    const child = fork(script, parameters, {
      cwd: dirname(script),
      execArgv: ['--expose-gc', '--import', 'tsx'],
      env: { ...process.env, NODE_ENV: 'production', ...env },
    });
    const report = await nextReport(child, name);
    return new ServerProcess(child, report.port);
  }

  report(question: ReportQuestion): Promise<ServerReport> {
    this.#child.send(question);
    return nextReport(this.#child, `the server on port ${this.port}`);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}

async function nextReport(child: ChildProcess, name: string): Promise<ServerReport> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([report]) => report as ServerReport),
      once(child, 'exit', { signal }).then(([code]): never => {
        throw new Error(`Server ended: ${name}, with exit code ${code}`);
      }),
    ]);
  } finally {
    // Removes the listener of the outcome that did not happen; its rejection is irrelevant.
    settled.abort();
  }
}
