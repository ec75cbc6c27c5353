import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Question } from './child/answer-parent.ts';

export interface ChildOptions {
  /** For the script, as JSON; `Infinity` is kept. */
  readonly settings?: object;
  /** Further flags of Node.js. */
  readonly flags?: readonly string[];
  /** How many files it may have open. */
  readonly maxFiles?: number;
}

/** A script of `child/` in a separate process, with a channel for commands. */
export class ChildServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** The exit code, or the signal, once it has ended. */
  readonly exit: Promise<number | string>;
  #questions = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.port = 0;
    this.exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
    child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  /** Starts `child/NAME.ts` and waits until it listens. @throws {Error} if it ends before */
  static async start(name: string, options: ChildOptions = {}): Promise<ChildServer> {
    const child = new ChildServer(spawnScript(name, options));
    await Promise.race([once(child.#child, 'message'), child.exit.then(refuseExit)]);
    (child as { port: number }).port = await child.call<number>('address');
    return child;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Runs a command in the child. Rejects with its error, or if the child ends before it answers. */
  async call<Result = void>(name: string, argument?: unknown): Promise<Result> {
    const id = this.#questions++;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ id, name, argument } satisfies Question);
    const answer = await Promise.race([answered, this.exit.then(refuseExit)]);
    if ('error' in answer) throw new Error(`Command ${name} failed: ${answer.error}`);
    return answer.result as Result;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit;
  }
}

function refuseExit(code: number | string): never {
  throw new Error(`The child process ended with ${code}`);
}

function spawnScript(name: string, { settings = {}, flags = [], maxFiles }: ChildOptions): ChildProcess {
  const script = fileURLToPath(new URL(`./child/${name}.ts`, import.meta.url));
  const json = JSON.stringify(settings, (_name, value: unknown) => (value === Infinity ? 'Infinity' : value));
  const command = [
    process.execPath,
    '--conditions=@turnout/source',
    '--import',
    'tsx',
    '--expose-gc',
    ...flags,
    script,
    json,
  ];
  const limited = ['sh', '-c', `ulimit -n ${maxFiles} && exec "$0" "$@"`, ...command];
  const [program, ...parameters] = maxFiles === undefined ? command : limited;
  return spawn(program!, parameters, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}
