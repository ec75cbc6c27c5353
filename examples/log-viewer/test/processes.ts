import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The processes on this machine that run `tail` on a file. */
export function tailsOf(path: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[0] === 'tail' && words.includes(path);
    } catch {
      // It has ended in the meantime.
      return false;
    }
  });
}

export async function untilTails(path: string, count: number): Promise<void> {
  while (tailsOf(path).length !== count) await delay(10);
}
