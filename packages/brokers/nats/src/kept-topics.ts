import type { NatsConnection } from '@nats-io/transport-node';
import type { Epochs } from './epochs.ts';
import { assertSameOptions, type FirstContacts } from './first-contacts.ts';
import type { HistoryStreams, KeptTopic } from './history-streams.ts';
import { isMissing, type JetStreamAccess } from './jetstream-access.ts';
import type { Names } from './names.ts';
import type { CallServer, PacedCalls } from './paced-calls.ts';

export interface KeptTopicsParts {
  readonly connection: NatsConnection;
  readonly access: JetStreamAccess;
  readonly names: Names;
  readonly epochs: Epochs;
  readonly histories: HistoryStreams;
  readonly contacts: FirstContacts;
  readonly setUps: PacedCalls;
  readonly callServer: CallServer;
}

/** Topics with history, over JetStream, which answers once it has stored a message. */
export class KeptTopics {
  readonly #parts: KeptTopicsParts;

  constructor(parts: KeptTopicsParts) {
    this.#parts = parts;
  }

  async publish(topic: KeptTopic, bytes: Buffer): Promise<void> {
    const { contacts, epochs } = this.#parts;
    const contact = contacts.once(topic.name, () => this.#open(topic));
    try {
      await contact.then(() => this.#store(topic, bytes));
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Its stream was removed by hand: the history starts from scratch.
      contacts.forget(topic.name, contact);
      const begin = async (): Promise<void> => {
        await this.#parts.callServer(() => epochs.end(topic.name));
        await this.#open(topic);
      };
      await contacts.once(topic.name, begin).then(() => this.#store(topic, bytes));
    }
  }

  #open(topic: KeptTopic): Promise<void> {
    const { connection, names, histories, setUps } = this.#parts;
    return setUps.run(async () => {
      await assertSameOptions(connection, names.live('ask', topic.name), topic);
      await histories.ensure(topic);
    });
  }

  async #store({ name }: KeptTopic, bytes: Buffer): Promise<void> {
    const { access, names, callServer } = this.#parts;
    await callServer(() => access.client.publish(names.store('node', name), bytes));
  }
}
