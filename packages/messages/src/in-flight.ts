type Task = () => unknown;

interface WaitingTask {
  readonly task: Task;
  readonly size: number;
}

/** Messages of at most this many characters together may wait: as much as one message may have. */
const maxWaitingSize = 1024 * 1024;

/** Handles up to `limit` messages of one client at a time; the others wait. */
export class InFlight {
  readonly limit: number;
  readonly #onError: (error: unknown) => void;
  readonly #waiting: WaitingTask[] = [];
  #waitingSize = 0;
  #running = 0;
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  /** @param onError called when a task throws or rejects, which also drops the waiting tasks */
  constructor(limit: number, onError: (error: unknown) => void) {
    this.limit = limit;
    this.#onError = onError;
  }

  /** Whether no more may wait. */
  get isFull(): boolean {
    return this.#waiting.length >= this.limit || this.#waitingSize >= maxWaitingSize;
  }

  /**
   * Starts a task, now or when fewer than `limit` are running. It is in flight until its promise settles.
   *
   * @param size of its message, in characters
   */
  add(task: Task, size: number): void {
    if (this.#running < this.limit) return this.#start(task);
    this.#waiting.push({ task, size });
    this.#waitingSize += size;
  }

  /**
   * Resolves when nothing waits, or when `isExcused` returns true. Rejects with the error of a failed task.
   */
  async untilRoom(isExcused: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#waiting.length === 0 || isExcused()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Checks `isExcused` again. */
  askAgain(): void {
    this.#wake();
  }

  /** Starts all waiting tasks: no more messages will arrive. */
  startAll(): void {
    this.#startWaiting(Infinity);
  }

  #startWaiting(limit: number): void {
    while (this.#running < limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingSize -= next.size;
      this.#start(next.task);
    }
  }

  #start(task: Task): void {
    this.#running++;
    try {
      const result = task();
      if (result instanceof Promise)
        result.then(
          () => this.#onSettled(),
          (error) => this.#onFailed(error),
        );
      else this.#running--;
    } catch (error) {
      this.#onFailed(error);
    }
  }

  #onSettled(): void {
    this.#running--;
    this.#startWaiting(this.limit);
    this.#wake();
  }

  #onFailed(error: unknown): void {
    this.#failure ??= { error };
    this.#waiting.length = 0;
    this.#onError(error);
    this.#onSettled();
  }
}
