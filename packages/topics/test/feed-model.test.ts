import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryBroker, MemoryBus, TopicError, type TopicErrorCode } from '../src/index.ts';
import { Feed } from '../src/feed/feed.ts';
import { HubContext, type WhenLost } from '../src/feed/hub-context.ts';
import { FaultyBroker } from './faulty-broker.ts';

const codes: readonly (TopicErrorCode | 'none')[] = ['none', 'TOPIC_ERR_TIMEOUT', 'TOPIC_ERR_BROKER'];

type Step =
  | { readonly kind: 'publish' | 'lose' | 'restore' | 'backlog' | 'close gate' | 'open gate' }
  | { readonly kind: 'fail'; readonly code: TopicErrorCode | 'none'; readonly doesReach: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('publish' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      code: fc.constantFrom(...codes),
      doesReach: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('lose', 'restore', 'backlog', 'close gate', 'open gate'),
    }),
  },
);

/** The outcome of `publish()`: the broker's answer, or the code of the error. */
type Outcome = boolean | TopicErrorCode;

/** A node that publishes numbers, and the numbers and gaps that it and another node receive. */
class Model {
  readonly broker: FaultyBroker;
  readonly own: (number | 'gap')[] = [];
  readonly others: (number | 'gap')[] = [];
  readonly outcomes = new Map<number, Outcome>();
  readonly #context: HubContext;
  readonly #feed: Feed;
  #count = 0;
  readonly #gates: (() => void)[] = [];

  constructor(whenLost: WhenLost) {
    const bus = new MemoryBus();
    this.broker = new FaultyBroker(new MemoryBroker(bus));
    this.#context = contextOf(this.broker, whenLost);
    this.#feed = feedOf(this.#context, this.own);
    const other = feedOf(contextOf(new MemoryBroker(bus), whenLost), this.others);
    void this.#feed.hold();
    void other.hold();
  }

  run(each: Step): void {
    switch (each.kind) {
      case 'publish':
        return this.#publish();
      case 'backlog':
        this.broker.refusal = new TopicError('TOPIC_ERR_BACKLOG', 'Too many');
        this.#publish();
        this.broker.refusal = undefined;
        return undefined;
      case 'lose':
        return this.#lose();
      case 'restore':
        return this.#restore();
      case 'close gate':
        this.broker.gate = new Promise((resolve) => this.#gates.push(resolve));
        return undefined;
      case 'open gate':
        this.broker.gate = undefined;
        for (const open of this.#gates.splice(0)) open();
        return undefined;
      case 'fail':
        this.broker.failure = each.code === 'none' ? undefined : new TopicError(each.code, 'Failed');
        this.broker.doesReach = each.doesReach;
        return undefined;
    }
  }

  #publish(): void {
    const number = ++this.#count;
    this.#feed.publish({ data: String(number) }).then(
      (outcome) => this.outcomes.set(number, outcome),
      (error: TopicError) => this.outcomes.set(number, error.code),
    );
  }

  #lose(): void {
    this.broker.failure = new TopicError('TOPIC_ERR_BROKER_LOST', 'Away');
    this.#context.onLost();
  }

  #restore(): void {
    this.broker.failure = undefined;
    if (!this.#context.isBrokerLost) return;
    this.#context.onRestored(() => {});
    this.#feed.onRestored();
  }
}

function contextOf(broker: FaultyBroker | MemoryBroker, whenLost: WhenLost): HubContext {
  const ignore = (): void => {};
  return new HubContext({ broker, whenLost, onError: ignore, onForeign: ignore, onRefused: ignore });
}

function feedOf(context: HubContext, log: (number | 'gap')[]): Feed {
  return new Feed({ name: 'news', history: null }, context, {
    onMessage: ({ data }) => log.push(Number(data)),
    onGap: () => log.push('gap'),
  });
}

/**
 * The numbers that are neither in a log nor announced as a gap at their place, or later if they are the first.
 */
function untold(log: readonly (number | 'gap')[], numbers: readonly number[]): number[] {
  return numbers.filter((number) => {
    if (log.includes(number)) return false;
    const start = log.findLastIndex((each) => each !== 'gap' && each < number);
    const end = start < 0 ? -1 : log.findIndex((each, index) => index > start && each !== 'gap' && each > number);
    return !log.slice(start + 1, end < 0 ? undefined : end).includes('gap');
  });
}

const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] }));
afterEach(() => void vi.useRealTimers());

test.each(['deliver-locally', 'fail'] as const)(
  'whatever fails, all messages arrive once and in order or are announced as a gap; with whenLost %s',
  async (whenLost) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const model = new Model(whenLost);
        await turn();
        for (const each of steps) {
          model.run(each);
          await turn();
        }
        for (const kind of ['open gate', 'restore'] as const) model.run({ kind });
        await vi.advanceTimersByTimeAsync(60_000);
        const { own, others, outcomes } = model;
        expect(outcomes.size).toBe(steps.filter(({ kind }) => kind === 'publish' || kind === 'backlog').length);
        for (const log of [own, others]) {
          const numbers = log.filter((each) => each !== 'gap');
          expect(numbers).toEqual([...new Set(numbers)].toSorted((one, two) => one - two));
        }
        // The others were not sent, and have no number.
        const sent = [...outcomes].filter(([, outcome]) => outcome !== 'TOPIC_ERR_BACKLOG').map(([number]) => number);
        expect([untold(own, sent), untold(others, sent)]).toEqual([[], []]);
      }),
      { numRuns: process.env['TURNOUT_LONG'] === '1' ? 5_000 : 300 },
    );
  },
);
