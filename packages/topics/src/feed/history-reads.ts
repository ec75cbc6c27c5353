import { setTimeout as delay } from 'node:timers/promises';
import { BackOff } from '../bus/back-off.ts';
import type { Broker, BrokerTopic, HistoryPage } from '../bus/broker.ts';
import { CallQueue } from '../bus/call-queue.ts';
import { hasCode } from '../bus/errors.ts';

const maxReads = 64;

/** Reads histories. Limits concurrent reads, because all topics of a node may need one at once. */
export class HistoryReads {
  readonly #broker: Broker;
  readonly #queue = new CallQueue(maxReads);

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Asks the broker once. */
  read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    return this.#queue.run(() => this.#broker.read(topic, since));
  }

  /**
   * Asks until the broker answers.
   *
   * @throws {TopicError} (rejects) if the broker is lost or refuses, or if it does not answer and `isWanted()` is false
   */
  async readPatiently(topic: BrokerTopic, since: number, isWanted: () => boolean): Promise<HistoryPage> {
    const backOff = new BackOff();
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        return await this.read(topic, since);
      } catch (error) {
        if (!hasCode(error, 'TOPIC_ERR_TIMEOUT', 'TOPIC_ERR_BACKLOG') || !isWanted()) throw error;
      }
      // oxlint-disable-next-line no-await-in-loop -- a pause
      await delay(backOff.fail(), undefined, { ref: false });
    }
  }
}
