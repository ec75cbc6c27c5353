type Task = () => unknown;

interface WaitingTask {
  readonly task: Task;
  readonly size: number;
}

/** So many characters of messages may wait, whatever their number: as much as one message may have. */
const maxWaitingSize = 1024 * 1024;

/** The messages of one client that are being handled: so many at a time, and the others wait. */
export class InFlight {
  readonly limit: number;
  readonly #onError: (error: unknown) => void;
  readonly #waiting: WaitingTask[] = [];
  #waitingSize = 0;
  #running = 0;
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  /** @param onError told of what a task throws or rejects with; those that wait are dropped then */
  constructor(limit: number, onError: (error: unknown) => void) {
    this.limit = limit;
    this.#onError = onError;
  }

  /** Whether no more may wait. */
  get isFull(): boolean {
    return this.#waiting.length >= this.limit || this.#waitingSize >= maxWaitingSize;
  }

  /**
   * Starts a task, now or when there is room. It is in flight until its promise settles.
   *
   * @param size of its message, in characters
   */
  add(task: Task, size: number): void {
    if (this.#running < this.limit) return this.#start(task);
    this.#waiting.push({ task, size });
    this.#waitingSize += size;
  }

  /**
   * Resolves when nothing waits any more, or `isExcused` says that it does not matter. Rejects with what a task fails
   * with.
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

  /** Has `isExcused` be asked again. */
  askAgain(): void {
    this.#wake();
  }

  /** Starts all that waits: no more will come. */
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
