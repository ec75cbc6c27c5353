import type { PermissionViolationError } from '@nats-io/transport-node';
import { refusedError } from './broker-errors.ts';

/** Subjects that are remembered as told. */
const maxTold = 10_000;

/** What NATS does not let this connection do. It says so after what was tried, and not as an answer to it. */
export class Refusals {
  readonly #watched = new Map<string, Error | undefined>();
  readonly #told = new Set<string>();

  /** @returns whether it is news */
  note(error: PermissionViolationError): boolean {
    if (this.#watched.has(error.subject)) this.#watched.set(error.subject, error);
    if (this.#told.has(error.subject)) return false;
    if (this.#told.size === maxTold) this.#told.clear();
    this.#told.add(error.subject);
    return true;
  }

  /** After a reconnect: permissions may be others. */
  forget(): void {
    this.#told.clear();
  }

  /**
   * @param publish publishes on a subject, and resolves when the server has taken or refused that
   * @throws {TopicError} (rejects) `TOPIC_ERR_BROKER` where it has refused
   */
  async watch(subject: string, publish: () => Promise<void>): Promise<void> {
    this.#watched.set(subject, undefined);
    try {
      await publish();
      const refusal = this.#watched.get(subject);
      if (refusal !== undefined) throw refusedError(refusal);
    } finally {
      this.#watched.delete(subject);
    }
  }
}
