import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findSystemPart } from '../../tools/system-parts.mjs';
import { root } from '../architecture/read-workspace.ts';

type Said = Readonly<Record<string, unknown>>;

/** `examples/python-client/follow.py`, as a process. */
export class Followed {
  readonly #process: ChildProcess;
  /** Its output. */
  readonly said: Said[] = [];

  /** @param topics that it subscribes to */
  constructor(url: string, topics: readonly string[]) {
    const program = join(root, 'examples/python-client/follow.py');
    // -B: leaves no compiled files in the sources.
    this.#process = spawn(findSystemPart('python3') ?? 'python3', ['-B', program, url, ...topics], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: this.#process.stdout! });
    lines.on('line', (line) => this.said.push(JSON.parse(line) as Said));
  }

  /** Its output for a topic under a name. */
  of(topic: string, name: string): unknown[] {
    return this.said.filter((line) => line['topic'] === topic && name in line).map((line) => line[name]);
  }

  /** The ids of the last list of people. */
  people(topic: string): string[] {
    return Object.keys(Object(this.of(topic, 'people').at(-1)) as object);
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
