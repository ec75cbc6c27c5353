import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { repeat } from '@turnout/example-host';

const requests = ['GET /', 'GET /api/votes', 'POST /api/votes', 'GET /assets/app.js', 'GET /chat/lobby'];
const levels = [
  ['\u001B[32mINFO\u001B[0m ', 12],
  ['\u001B[33mWARN\u001B[0m ', 3],
  ['\u001B[1;31mERROR\u001B[0m', 1],
] as const;
const weighted = levels.flatMap(([level, weight]) => Array.from({ length: weight }, () => level));
const linesPerFile = 2_000;

function pick<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)]!;
}

function line(): string {
  const duration = Math.round(Math.random() ** 4 * 900) + 1;
  return `${new Date().toISOString()} ${pick(weighted)} \u001B[36m${pick(requests)}\u001B[0m took ${duration} ms\n`;
}

/** Writes a log in colours, and rotates it from time to time. Returns a function that stops it. */
export function startWritingLog(path: string): () => void {
  let count = 300;
  writeFileSync(path, Array.from({ length: count }, line).join(''));
  const write = (): void => {
    if (count > linesPerFile) {
      renameSync(path, `${path}.1`);
      count = 0;
    }
    const lines = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, line);
    count += lines.length;
    appendFileSync(path, lines.join(''));
  };
  return repeat(write, { every: 300, what: 'write the log of the demo' });
}
