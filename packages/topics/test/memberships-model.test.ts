import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryBroker, TopicError, type BrokerTopic, type Join, type TopicErrorCode } from '../src/index.ts';
import { Memberships, type MembershipListener } from '../src/feed/memberships.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const codes: readonly TopicErrorCode[] = ['TOPIC_ERR_TIMEOUT', 'TOPIC_ERR_BROKER', 'TOPIC_ERR_BROKER_LOST'];

type Step =
  | { readonly kind: 'join' | 'leave'; readonly name: string }
  | { readonly kind: 'answer' }
  | { readonly kind: 'fail'; readonly code: TopicErrorCode; readonly reached: boolean }
  | { readonly kind: 'wait' | 'lose' | 'restore' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('join', 'leave'), name: fc.constantFrom(...names) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'answer' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('fail'), code: fc.constantFrom(...codes), reached: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('wait', 'lose', 'restore') }) },
) as fc.Arbitrary<Step>;

interface Call {
  apply(): void;
  resolve(): void;
  reject(error: Error): void;
}

/** A server that answers when the test says so, whether or not it has done what it was asked to. */
class SlowBroker extends MemoryBroker {
  readonly joined = new Map<string, Join['receiver']>();
  readonly calls: Call[] = [];

  override join(joins: readonly Join[]): Promise<void> {
    return this.#call(() => {
      for (const { topic, receiver } of joins) this.joined.set(topic.name, receiver);
    });
  }

  override leave(topics: readonly BrokerTopic[]): Promise<void> {
    return this.#call(() => {
      for (const { name } of topics) this.joined.delete(name);
    });
  }

  #call(apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => this.calls.push({ apply, resolve, reject }));
  }
}

/** The answers that a joining subscriber receives. */
class Listener implements MembershipListener {
  isJoined = false;
  received = 0;

  onJoined(): void {
    this.isJoined = true;
  }

  onFailed(): void {}

  receive(): void {
    this.received++;
  }
}

class Model {
  isLost = false;
  readonly broker = new SlowBroker();
  readonly wanted = new Map<string, Listener>();
  readonly memberships = new Memberships({ broker: this.broker, isLost: () => this.isLost, onRefused: () => {} });

  run(each: Step): void {
    switch (each.kind) {
      case 'join':
        return this.#join(each.name);
      case 'leave':
        if (this.wanted.delete(each.name)) this.memberships.leave({ name: each.name, history: null });
        return undefined;
      case 'answer':
        return this.answer();
      case 'fail':
        return this.#fail(each.reached, new TopicError(each.code, 'Failed'));
      case 'wait':
        vi.advanceTimersByTime(10_000);
        return undefined;
      case 'lose':
        this.isLost = true;
        return this.memberships.onLost();
      case 'restore':
        this.isLost = false;
        return this.memberships.onRestored(() => {});
    }
  }

  answer(): void {
    const call = this.broker.calls.shift();
    call?.apply();
    call?.resolve();
  }

  #join(name: string): void {
    if (this.wanted.has(name)) return;
    const listener = new Listener();
    this.wanted.set(name, listener);
    this.memberships.join({ name, history: null }, listener);
  }

  #fail(reached: boolean, error: Error): void {
    const call = this.broker.calls.shift();
    if (reached) call?.apply();
    call?.reject(error);
  }
}

const turn = async (): Promise<void> => {
  for (let count = 0; count < 20; count++) await Promise.resolve();
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('whatever joins, leaves and fails, exactly the wanted topics are joined in the end, and every caller is answered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const model = new Model();
      for (const each of steps) {
        model.run(each);
        await turn();
      }
      model.run({ kind: 'restore' });
      for (let round = 0; round < 40; round++) {
        await turn();
        model.answer();
        await turn();
        vi.advanceTimersByTime(10_000);
      }
      const { broker, wanted } = model;
      expect([...broker.joined.keys()].toSorted()).toEqual([...wanted.keys()].toSorted());
      for (const receiver of broker.joined.values()) {
        receiver({ origin: 'x', sequence: 1, key: '', data: '' }, null);
      }
      for (const listener of wanted.values()) expect([listener.isJoined, listener.received]).toEqual([true, 1]);
      model.memberships.close();
    }),
    { numRuns: process.env['TURNOUT_LONG'] === '1' ? 10_000 : 500 },
  );
});
