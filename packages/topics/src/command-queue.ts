/** How many commands of one client run at a time. */
const maxRunning = 8;

/**
 * Limits how many commands of a client run at a time; the others wait in order. A newer command for a name replaces one
 * that waits.
 */
export class CommandQueue {
  /** By name; called with `true` when it is the command's turn, with `false` when it is dropped. */
  readonly #waiting = new Map<string, (isTurn: boolean) => void>();
  #running = 0;

  /** Resolves when the command is done or dropped. */
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

  /** Drops a waiting command. */
  drop(name: string): void {
    this.#waiting.get(name)?.(false);
    this.#waiting.delete(name);
  }

  /** The command that has waited longest takes the place of the one that is done. */
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
