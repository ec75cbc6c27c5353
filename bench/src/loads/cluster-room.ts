import { setTimeout as delay } from 'node:timers/promises';
import { cpuTimeOf, underLoad, type Timing } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';
import { freshTopic, hasPresence, type TopicKind } from '../topic-kind.ts';
import { Crowd, publication, subscription } from './crowd.ts';

export interface RoomSettings {
  readonly kind: TopicKind;
  /** People on all nodes together. */
  readonly people: number;
  readonly byteLength: number;
}

export interface BurstResult {
  /** Deliveries per second, on all nodes together. */
  readonly rate: number;
  /** The 99th percentile of the time, in ms, from the publishing of a burst to each of its deliveries. */
  readonly p99: number;
  /** Microseconds of all nodes' CPU time per delivery. */
  readonly cpu: number;
}

interface Room {
  readonly crowd: Crowd;
  readonly nodes: readonly ServerProcess[];
  readonly topic: string;
  readonly data: string;
}

/**
 * Everybody subscribes to one topic; then one client publishes, in bursts of each length, and again when everybody has
 * received everything.
 */
export async function measureRoom(
  nodes: readonly ServerProcess[],
  { kind, people, byteLength }: RoomSettings,
  { bursts, timing }: { readonly bursts: readonly number[]; readonly timing: Timing },
): Promise<BurstResult[]> {
  const crowd = await Crowd.open(nodes, people);
  const room = { crowd, nodes, topic: freshTopic(kind), data: 'x'.repeat(byteLength) };
  try {
    return await underLoad(
      (onFault) => crowd.start(onFault),
      async () => {
        await enter(room, kind);
        const results: BurstResult[] = [];
        for (const burst of bursts) results.push(await measureBursts(room, burst, timing));
        return results;
      },
    );
  } finally {
    crowd.stop();
  }
}

/** With presence, it is complete once everybody has received the full count. */
async function enter({ crowd, topic }: Room, kind: TopicKind): Promise<void> {
  const told = [crowd.hears('"subscribed":'), ...(hasPresence(kind) ? [crowd.hears(`"count":${crowd.size}}`)] : [])];
  for (let client = 0; client < crowd.size; client++) crowd.send(client, [subscription(topic)]);
  await Promise.all(told);
}

async function measureBursts(room: Room, burst: number, timing: Timing): Promise<BurstResult> {
  const load = new BurstLoad(room, burst);
  await delay(timing.warmUp);
  load.delays = [];
  const [cpuBefore, start] = [await cpuTimeOf(room.nodes), performance.now()];
  await delay(timing.measured);
  const { delays } = load;
  const count = delays.length;
  const seconds = (performance.now() - start) / 1_000;
  const cpu = ((await cpuTimeOf(room.nodes)) - cpuBefore) / count;
  await load.end();
  const p99 = Float64Array.from(delays).toSorted()[Math.floor(delays.length * 0.99)] ?? Infinity;
  return { rate: count / seconds, p99, cpu };
}

/** Publishes burst after burst, and times and checks every delivery. */
class BurstLoad {
  /** The latencies of the deliveries so far, in ms. */
  delays: number[] = [];
  readonly #ended: Promise<void>;
  #isEnding = false;

  constructor({ crowd, topic, data }: Room, burst: number) {
    const messages = Array.from({ length: burst }, () => publication(topic, data));
    /** The end of an envelope; with history an offset precedes it. */
    const end = Buffer.from(`,"data":${JSON.stringify(data)}}`);
    const isMessage = (payload: Buffer): boolean =>
      payload.compare(end, 0, end.length, Math.max(0, payload.length - end.length)) === 0;
    let missing = 0;
    let publishedAt = 0;
    const publish = (): void => {
      missing = burst * crowd.size;
      publishedAt = performance.now();
      crowd.send(0, messages);
    };
    this.#ended = new Promise((resolve) => {
      const stop = crowd.listen((payload) => {
        if (!isMessage(payload)) {
          crowd.fail(new Error(`Wrong message: got ${payload.toString()}`));
          return;
        }
        this.delays.push(performance.now() - publishedAt);
        if (--missing > 0) return;
        if (!this.#isEnding) {
          publish();
          return;
        }
        stop();
        resolve();
      });
    });
    publish();
  }

  /** Resolves when the last burst is delivered. */
  end(): Promise<void> {
    this.#isEnding = true;
    return this.#ended;
  }
}
