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

/** Joins share a limit with other calls, and count as done beyond it. */
class SwallowedJoins extends SimBroker {
  #isJoining = false;

  override async join(joins: readonly Join[]): Promise<void> {
    if (this.#isJoining) return;
    this.#isJoining = true;
    await super.join(joins.slice(0, 1)).finally(() => (this.#isJoining = false));
  }
}

class EarlyJoins extends SimBroker {
  override async join(joins: readonly Join[]): Promise<void> {
    setTimeout(() => void super.join(joins).catch(() => {}), 400);
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

/** Any error counts as a loss: then the hub delivers only locally. */
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

/**
 * After a failover, it continues with a demoted server, which accepts everything and passes nothing on.
 */
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

/** Every fifth message arrives after its successor. */
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

/** Long lists are silently not sent. */
class LongListsLost extends SimBroker {
  override tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return message.data.length > 250 ? Promise.resolve() : super.tell(topic, message);
  }
}

/** After an outage no presence is announced any more. */
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

/** Every received presence message is sent again. */
class EndlessEcho extends SimBroker {
  protected override deliver(join: Join, message: BusMessage, position: Position | null): void {
    super.deliver(join, message, position);
    if (join.topic.name.startsWith('\u0000'))
      setTimeout(() => void super.tell(join.topic, message).catch(() => {}), 20);
  }
}

const kinds: readonly [name: string, finds: RegExp, kind: typeof SimBroker][] = [
  ['joins over a limit are dropped', /is deaf/, SwallowedJoins],
  ['a join is confirmed before it is done', /misses|is deaf/, EarlyJoins],
  ['a topic is not joined again after a loss', /is deaf/, ForgottenJoins],
  ['the broker counts as restored before topics are joined again', /misses/, LateJoins],
  ['a message over the limits is dropped', /has confirmed/, SwallowedBacklog],
  ['a message over the limits is delivered only locally', /was not lost/, BacklogAsLoss],
  ['publish() is confirmed before the server has the message', /has confirmed/, EarlyConfirmation],
  ['a demoted server is written to', /has confirmed/, DemotedServer],
  ['a loss of the broker is not reported', /misses/, UntoldLoss],
  ['losses that did not happen are reported', /was told of gap/, MadeUpLoss],
  ['a local message is delivered out of order', /came to the server later/, EarlyLocalDelivery],
  ['messages of a plain topic are swapped', /came to the server later/, SwappedMessages],
  ['a page of history misses one message', /got offset/, PageWithoutItsMiddle],
  ['long lists of people are lost', / shows /, LongListsLost],
  ['after an outage presence is not announced', / shows /, SilentAfterLoss],
  ['a promise rejects that nobody awaits', /not caught: Error: nobody holds this/, RejectsUnheard],
  ['nodes answer each other endlessly', /never come to rest|times a second/, EndlessEcho],
];

export const brokerFaults: readonly SeededFault[] = kinds.map(([name, finds, Kind]) => ({
  name,
  part: 'broker',
  finds,
  createBroker: (parts) => new Kind(parts),
}));
