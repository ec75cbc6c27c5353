import { readFileSync } from 'node:fs';

/**
 * Calls `onEnd` once the npx that started pnpm, which started us, is asked to end. npx passes its signals to the shell
 * between it and pnpm, and that shell exits without informing pnpm: without this watch, killing npx would leave a
 * server running. It uses Linux's /proc; other systems are not supported.
 *
 * @param {() => void} onEnd
 */
export function onNpxEnd(onEnd) {
  const pnpm = parentOf(process.ppid);
  const shell = pnpm && parentOf(pnpm);
  if (!pnpm || !shell || !/^sh\0-c\0'?pnpm\b/.test(read(shell, 'cmdline'))) return;
  const timer = setInterval(() => {
    if (parentOf(pnpm) === shell) return;
    clearInterval(timer);
    onEnd();
  }, 250);
  timer.unref();
}

/** @param {number} pid */
function parentOf(pid) {
  const parent = /^PPid:\s*(\d+)$/m.exec(read(pid, 'status'))?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/**
 * @param {number} pid
 * @param {string} file
 */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
