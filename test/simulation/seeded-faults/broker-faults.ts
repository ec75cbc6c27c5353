import {
  TopicError,
  type BrokerTopic,
  type BusMessage,
  type HistoryPage,
  type Join,
  type Position,
} from '@turnout/topics';
import type { BusLink } from '../bus-link.ts';
import { SimBroker } from '../sim-broker.ts';
import type { SeededFault } from './seeded-fault.ts';

const maxJoins = 3;

/** Joins and their errors share the limits of what is published, and are taken for made. */
class SwallowingJoins extends SimBroker {
  #joining = 0;

  override async join(joins: readonly Join[]): Promise<void> {
    if (this.#joining >= maxJoins) return;
    this.#joining += joins.length;
    await super.join(joins).finally(() => (this.#joining -= joins.length));
  }
}

class EarlyJoins extends SimBroker {
  override async join(joins: readonly Join[]): Promise<void> {
    void super.join(joins).catch(() => {});
  }
}

class ForgottenJoins extends SimBroker {
  protected override joinsAfterLoss(joins: readonly Join[]): readonly Join[] {
    return joins.slice(0, -1);
  }
}

class LateJoins extends SimBroker {
  #isFirst = true;

  protected override async requestJoins(link: BusLink, joins: readonly Join[]): Promise<void> {
    if (this.#isFirst) {
      await super.requestJoins(link, joins);
      return;
    }
    setTimeout(() => void super.requestJoins(link, joins), 600);
  }

  protected override tellLost(): void {
    this.#isFirst = false;
    super.tellLost();
  }
}

class SwallowedBacklog extends SimBroker {
  override publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    try {
      return super.publish(topic, message);
    } catch {
      return Promise.resolve();
    }
  }
}

/** Any error is a loss: then the hub delivers on its own node alone. */
class BacklogAsLoss extends SimBroker {
  override publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    try {
      return super.publish(topic, message);
    } catch (error) {
      return Promise.reject(new TopicError('TOPIC_ERR_BROKER_LOST', 'Away', { cause: error }));
    }
  }
}

class EarlyConfirmation extends SimBroker {
  override async publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    void super.publish(topic, message).catch(() => {});
  }
}

/** After the server has changed, it goes on with one that has been demoted: that takes everything, and passes nothing on. */
class DemotedServer extends SimBroker {
  #isDemoted = false;

  override publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return this.#isDemoted ? Promise.resolve() : super.publish(topic, message);
  }

  protected override tellRestored(): void {
    this.#isDemoted = true;
    super.tellRestored();
  }
}

class UntoldLoss extends SimBroker {
  protected override tellLost(): void {}

  protected override tellRestored(): void {}
}

class MadeUpLoss extends SimBroker {
  #count = 0;

  override publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    if (this.#count++ % 10 === 9) {
      this.tellLost();
      this.tellRestored();
    }
    return super.publish(topic, message);
  }
}

class EarlyLocalDelivery extends SimBroker {
  readonly #own = new Map<string, Join>();

  override join(joins: readonly Join[]): Promise<void> {
    for (const join of joins) this.#own.set(join.topic.name, join);
    return super.join(joins);
  }

  override publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const published = super.publish(topic, message);
    const join = this.#own.get(topic.name);
    if (join !== undefined && topic.history === null) super.deliver(join, message, null);
    return published;
  }
}

/** Each fifth message comes behind the one after it. */
class SwappedMessages extends SimBroker {
  #count = 0;
  #held: (() => void) | undefined;

  protected override deliver(join: Join, message: BusMessage, position: Position | null): void {
    const deliver = (): void => super.deliver(join, message, position);
    if (this.#held === undefined && this.#count++ % 5 === 0 && position === null) {
      this.#held = deliver;
      return;
    }
    deliver();
    this.#held?.();
    this.#held = undefined;
  }
}

class PageWithoutItsMiddle extends SimBroker {
  override async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    const { position, messages } = await super.read(topic, since);
    return { position, messages: messages.length > 2 ? [...messages.slice(0, 1), ...messages.slice(2)] : messages };
  }
}

/** Lists that are long are not sent, and nobody is told. */
class LongListsLost extends SimBroker {
  override tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return message.data.length > 250 ? Promise.resolve() : super.tell(topic, message);
  }
}

/** After an outage nothing is told any more of who is there. */
class SilentAfterLoss extends SimBroker {
  #wasLost = false;

  override tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return this.#wasLost && message.data.length > 0 ? Promise.resolve() : super.tell(topic, message);
  }

  protected override tellLost(): void {
    this.#wasLost = true;
    super.tellLost();
  }
}

class RejectsUnheard extends SimBroker {
  override leave(topics: readonly BrokerTopic[]): Promise<void> {
    void Promise.reject(new Error('nobody holds this'));
    return super.leave(topics);
  }
}

/** Each thing that is heard of who is there is said again. */
class EndlessEcho extends SimBroker {
  protected override deliver(join: Join, message: BusMessage, position: Position | null): void {
    super.deliver(join, message, position);
    if (join.topic.name.startsWith('\u0000'))
      setTimeout(() => void super.tell(join.topic, message).catch(() => {}), 20);
  }
}

const kinds: readonly [name: string, kind: typeof SimBroker][] = [
  ['joins over a limit are swallowed', SwallowingJoins],
  ['a join is confirmed before it is made', EarlyJoins],
  ['a topic is not joined again after a loss', ForgottenJoins],
  ['the broker is said to be back before topics are joined again', LateJoins],
  ['a message over the limits is swallowed', SwallowedBacklog],
  ['a message over the limits is delivered on its own node alone', BacklogAsLoss],
  ['publish() is confirmed before the server has the message', EarlyConfirmation],
  ['a demoted server is written to', DemotedServer],
  ['a loss of the broker is not told', UntoldLoss],
  ['losses are told that were none', MadeUpLoss],
  ['an own message is delivered before its turn', EarlyLocalDelivery],
  ['messages of a plain topic are swapped', SwappedMessages],
  ['a page of history misses one message', PageWithoutItsMiddle],
  ['long lists of people are lost', LongListsLost],
  ['after an outage nobody is told who is there', SilentAfterLoss],
  ['something rejects that nobody holds', RejectsUnheard],
  ['nodes answer each other without end', EndlessEcho],
];

export const brokerFaults: readonly SeededFault[] = kinds.map(([name, Kind]) => ({
  name,
  part: 'broker',
  createBroker: (parts) => new Kind(parts),
}));
