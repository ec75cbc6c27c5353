/** Commands of one client that run at a time. */
const maxRunning = 8;

/**
 * Runs few commands of a client at a time, and the others in order. A newer one about a name replaces one that waits.
 */
export class CommandQueue {
  /** By name; called with whether it is its turn, or was dropped. */
  readonly #waiting = new Map<string, (isTurn: boolean) => void>();
  #running = 0;

  /** Resolves when the command is done, or was dropped. */
  async run(name: string, command: () => Promise<void>): Promise<void> {
    this.drop(name);
    if (this.#running < maxRunning) this.#running++;
    else if (!(await new Promise<boolean>((resolve) => this.#waiting.set(name, resolve)))) return;
    try {
      await command();
    } finally {
      this.#next();
    }
  }

  /** Forgets a command that waits. */
  drop(name: string): void {
    this.#waiting.get(name)?.(false);
    this.#waiting.delete(name);
  }

  /** The place of the one that is done is given to the one that has waited longest. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running--;
      return;
    }
    const [name, resolve] = first;
    this.#waiting.delete(name);
    resolve(true);
  }
}
