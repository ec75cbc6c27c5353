import type { PermissionViolationError } from '@nats-io/transport-node';
import { refusedError } from './broker-errors.ts';

/** How many reported subjects are remembered. */
const maxTold = 10_000;

/** Tracks operations that NATS refuses. NATS reports a refusal separately, not as an answer to the operation. */
export class Refusals {
  readonly #watched = new Map<string, Error | undefined>();
  readonly #told = new Set<string>();

  /** @returns whether the refusal is new */
  note(error: PermissionViolationError): boolean {
    if (this.#watched.has(error.subject)) this.#watched.set(error.subject, error);
    if (this.#told.has(error.subject)) return false;
    if (this.#told.size === maxTold) this.#told.clear();
    this.#told.add(error.subject);
    return true;
  }

  /** Called after a reconnect: permissions may have changed. */
  forget(): void {
    this.#told.clear();
  }

  /**
   * @param publish publishes on a subject; resolves once the server has accepted or refused the message
   * @throws {TopicError} (rejects) `TOPIC_ERR_BROKER` if the server refused
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
