import fc from 'fast-check';
import type { WebSocket } from '@turnout/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHub, MemoryBroker, MemoryBus, type Hub, type Join, type Receiver } from '../src/index.ts';
import { openSink } from '@turnout/test-kit/sink-socket';

const isLong = process.env['TURNOUT_LONG'] === '1';
const nodeCount = 3;
const rooms = [0, 1];
const interval = 3_000;

/** Loses and duplicates what the hub receives, as the test says. */
class LossyBroker extends MemoryBroker {
  readonly #fate: () => Fate;

  constructor(bus: MemoryBus, fate: () => Fate) {
    super(bus);
    this.#fate = fate;
  }

  override join(joins: readonly Join[]): Promise<void> {
    return super.join(joins.map(({ topic, receiver }) => ({ topic, receiver: this.#tampered(receiver) })));
  }

  #tampered(receiver: Receiver): Receiver {
    return (message, position) => {
      const fate = this.#fate();
      if (fate !== 'lost') receiver(message, position);
      if (fate === 'doubled') receiver(message, position);
    };
  }
}

type Fate = 'arrives' | 'lost' | 'doubled';

interface Step {
  readonly node: number;
  readonly room: number;
  readonly person: number;
  readonly does: 'join' | 'change' | 'leave';
  /** The pause after it, in ms. */
  readonly pause: number;
  /** What happens to its message at each node. */
  readonly fates: readonly Fate[];
}

const step: fc.Arbitrary<Step> = fc.record({
  node: fc.nat(nodeCount - 1),
  room: fc.nat(rooms.length - 1),
  person: fc.nat(7),
  does: fc.constantFrom('join', 'join', 'change', 'leave'),
  pause: fc.constantFrom(0, 1, 120, 700),
  fates: fc.array(fc.constantFrom<Fate>('arrives', 'lost', 'doubled'), { minLength: 3, maxLength: 9 }),
});

beforeEach(() => {
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'performance',
    ],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Three nodes, and the people on each. */
class Model {
  fates: Fate[] = [];
  readonly #hubs: readonly Hub[];
  readonly #sockets = new Map<string, { readonly socket: WebSocket; readonly details: number }>();
  #changes = 0;

  constructor() {
    const bus = new MemoryBus();
    const fate = (): Fate => this.fates.shift() ?? 'arrives';
    this.#hubs = Array.from({ length: nodeCount }, () =>
      createHub({ broker: new LossyBroker(bus, fate), presenceInterval: interval }),
    );
    for (const room of rooms) for (const hub of this.#hubs) this.#topic(hub, room).follow();
  }

  async run({ node, room, person, does, fates }: Step): Promise<void> {
    this.fates.push(...fates);
    const key = `${room} ${node} ${person}`;
    const topic = this.#topic(this.#hubs[node]!, room);
    const known = this.#sockets.get(key);
    if (does !== 'join' && known !== undefined) {
      topic.unsubscribe(known.socket);
      known.socket.terminate();
      this.#sockets.delete(key);
    }
    if (does === 'leave' || (does === 'join' && known !== undefined)) return undefined;
    const details = does === 'change' ? ++this.#changes : 0;
    const socket = openSink();
    this.#sockets.set(key, { socket, details });
    await topic.subscribe(socket, { person: { id: `p${person}`, details } });
    return undefined;
  }

  /** The people in each room, as each node knows them. */
  known(): unknown[] {
    return this.#hubs.map((hub) =>
      rooms.map((room) =>
        this.#topic(hub, room)
          .people()
          .map(({ id }) => id)
          .toSorted(),
      ),
    );
  }

  details(): unknown[] {
    const sorted = (hub: Hub, room: number) =>
      this.#topic(hub, room)
        .people()
        .toSorted((one, other) => one.id.localeCompare(other.id));
    return this.#hubs.map((hub) => rooms.map((room) => sorted(hub, room)));
  }

  truth(): unknown {
    return rooms.map((room) => {
      const keys = [...this.#sockets.keys()].filter((key) => key.startsWith(`${room} `));
      return [...new Set(keys.map((key) => `p${key.split(' ')[2]!}`))].toSorted();
    });
  }

  async end(): Promise<void> {
    for (const { socket } of this.#sockets.values()) socket.terminate();
    await Promise.all(this.#hubs.map((hub) => hub.close()));
  }

  #topic(hub: Hub, room: number) {
    return hub.topic(`room ${room}`, { presence: true });
  }
}

test('whatever is lost and duplicated on the bus, all nodes know who is present within two beats', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: isLong ? 200 : 60 }), async (steps) => {
      const model = new Model();
      for (const each of steps) {
        await model.run(each);
        await vi.advanceTimersByTimeAsync(each.pause);
      }
      model.fates = [];
      await vi.advanceTimersByTimeAsync(2 * interval + 100);
      const known = model.known();
      const [details, ...others] = model.details();
      const truth = model.truth();
      await model.end();
      expect(known).toEqual(Array.from({ length: nodeCount }, () => truth));
      for (const other of others) expect(other).toEqual(details);
    }),
    { numRuns: isLong ? 50_000 : 500, seed: 11 },
  );
});
