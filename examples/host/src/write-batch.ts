import type { Database } from 'libsql';

/** The maximum of writes per transaction, so that requests are answered between two transactions. */
const maxWrites = 500;

interface Write {
  /** Makes the change, and returns a function that informs the caller once it is committed. */
  readonly apply: () => () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batches the writes of one turn of the event loop into one transaction. A commit waits for the disk and blocks the
 * process, so concurrent writes share one.
 */
export class WriteBatch {
  readonly #database: Database;
  #waiting: Write[] = [];
  #isScheduled = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Runs `write` on the database. Resolves with its result once it is on disk; rejects if the transaction fails, and
   * then nothing of it is stored.
   */
  run<Value>(write: () => Value): Promise<Value> {
    const kept = new Promise<Value>((resolve, reject) => {
      const apply = (): (() => void) => {
        const value = write();
        return () => resolve(value);
      };
      this.#waiting.push({ apply, reject });
    });
    this.#schedule();
    return kept;
  }

  /** Commits all pending writes; call it before closing the database. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#commit();
      this.#schedule();
    });
  }

  #commit(): void {
    const writes = this.#waiting.splice(0, maxWrites);
    try {
      for (const tell of this.#transact(writes)) tell();
    } catch (error) {
      for (const { reject } of writes) reject(error);
    }
  }

  #transact(writes: readonly Write[]): (() => void)[] {
    if (writes.length === 0) return [];
    // Immediate, because a transaction that began by reading cannot wait for another process's write.
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const told = writes.map(({ apply }) => apply());
      this.#database.exec('COMMIT');
      return told;
    } catch (error) {
      // A full disk has already ended the transaction.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
