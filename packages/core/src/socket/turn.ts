import { forgetRepeated } from '../frame/repeated-frame.ts';
import { forgetBatch } from './batch.ts';

/** Something that gathers output during a turn of the event loop. */
export interface TurnTask {
  flush(): void;
}

let tasks: TurnTask[] = [];

/**
 * Calls `task.flush()` once the current turn of the event loop is over: after the running callback, every promise
 * continuation it started and their `process.nextTick` callbacks, and before the next callback from I/O or a timer. One
 * callback serves all sockets of the turn.
 */
export function atEndOfTurn(task: TurnTask): void {
  if (tasks.length === 0) queueMicrotask(afterMicrotasks);
  tasks.push(task);
}

function afterMicrotasks(): void {
  process.nextTick(flushAll);
}

function flushAll(): void {
  const due = tasks;
  tasks = [];
  for (const task of due) task.flush();
  forgetBatch();
  forgetRepeated();
}
