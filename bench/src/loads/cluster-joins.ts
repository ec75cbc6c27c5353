import { setTimeout as delay } from 'node:timers/promises';
import { underLoad } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';
import { freshTopic, type TopicKind } from '../topic-kind.ts';
import { Crowd, publication, subscription } from './crowd.ts';

export interface JoinResult {
  /** In s, until the last has heard the probe. */
  readonly time: number;
  /** Joins a second. */
  readonly rate: number;
  /** The longest stall of the node's event loop meanwhile, in ms. */
  readonly stall: number;
}

interface JoinSettings {
  readonly sockets: number;
  readonly joins: number;
  /** Subscribes; resolves once all that was joined has been heard. */
  readonly join: (crowd: Crowd) => Promise<void>;
}

/** How long, in ms, it may take until all hear. */
const patience = 120_000;

/** Probes on their way at a time: a broker takes 1,000 (`maxPendingMessages`). */
const maxProbes = 500;

/** How long, in ms, it takes until a probe is sent again that was rejected: the broker was late. */
const againAfter = 100;

/** Topics of one client; `maxTopicsPerSocket` is 128. */
const topicsPerSocket = 100;

const probe = 'probe';
const probeSign = `"data":"${probe}"`;

/**
 * First subscriptions: each topic has one subscriber, who is told of it, and then publishes the probe that it must
 * hear.
 */
export function measureTopicJoins(
  node: ServerProcess,
  { kind, topics }: { readonly kind: TopicKind; readonly topics: number },
): Promise<JoinResult> {
  const sockets = Math.ceil(topics / topicsPerSocket);
  const name = freshTopic(kind);
  const names = Array.from({ length: topics }, (_, index) => `${name}:${index}`);
  return measureJoins(node, {
    sockets,
    joins: topics,
    join: (crowd) => {
      const heard = probeEach(crowd, topics);
      for (let client = 0; client < sockets; client++) {
        const own = names.slice(client * topicsPerSocket, (client + 1) * topicsPerSocket);
        crowd.send(client, own.map(subscription));
      }
      return heard;
    },
  });
}

/**
 * Subscribers of one topic, which is then sent one probe.
 *
 * @param within in ms; they come evenly over it, or all at once with 0
 */
export function measureRoomJoins(
  node: ServerProcess,
  { kind, people, within }: { readonly kind: TopicKind; readonly people: number; readonly within: number },
): Promise<JoinResult> {
  const topic = freshTopic(kind);
  return measureJoins(node, {
    sockets: people,
    joins: people,
    join: async (crowd) => {
      const told = crowd.hears('"subscribed":');
      const heard = crowd.hears(probeSign);
      const start = performance.now();
      for (let client = 0; client < people; client++) {
        const due = start + (client / people) * within;
        while (performance.now() < due) await delay(1);
        crowd.send(client, [subscription(topic)]);
      }
      await told;
      crowd.send(0, [publication(topic, probe)]);
      await heard;
    },
  });
}

/** The connections are open before. */
async function measureJoins(node: ServerProcess, { sockets, joins, join }: JoinSettings): Promise<JoinResult> {
  const crowd = await Crowd.open([node], sockets);
  const late = new AbortController();
  try {
    return await underLoad(
      (onFault) => {
        crowd.start(onFault);
        const error = new Error(`Deaf: the probe was not heard by all of ${joins} within ${patience} ms`);
        delay(patience, undefined, { signal: late.signal }).then(
          () => onFault(error),
          () => {},
        );
      },
      async () => {
        await node.report('watch');
        const start = performance.now();
        await join(crowd);
        const time = (performance.now() - start) / 1_000;
        const { longestStall } = await node.report('stall');
        return { time, rate: joins / time, stall: longestStall };
      },
    );
  } finally {
    late.abort();
    crowd.stop();
  }
}

/** What a client is told of a topic. */
interface ProbeNote {
  readonly topic: string;
  readonly subscribed?: unknown;
  readonly data?: unknown;
  readonly refused?: unknown;
  /** The topic whose probe could not be published. */
  readonly rejected?: string;
}

/** Whoever is told that it has a topic publishes the probe there, again and again until it is taken. */
function probeEach(crowd: Crowd, topics: number): Promise<void> {
  const waiting: { readonly client: number; readonly topic: string }[] = [];
  /** Topics whose probe is on its way. */
  const sent = new Set<string>();
  const heard = new Set<string>();
  const sendProbes = (): void => {
    for (const { client, topic } of waiting.splice(0, Math.max(0, maxProbes - sent.size))) {
      sent.add(topic);
      crowd.send(client, [publication(topic, probe)]);
    }
  };
  const sendAgain = (client: number, topic: string): void => {
    sent.delete(topic);
    void delay(againAfter).then(() => {
      waiting.push({ client, topic });
      sendProbes();
    });
  };
  return new Promise((resolve) => {
    crowd.listen((payload, client) => {
      const text = payload.toString();
      const note = JSON.parse(text) as ProbeNote;
      if (note.rejected !== undefined) {
        sendAgain(client, note.rejected);
      } else if (note.subscribed !== undefined) {
        waiting.push({ client, topic: note.topic });
      } else if (note.data === probe) {
        // One that was rejected as the broker was late may come twice.
        sent.delete(note.topic);
        heard.add(note.topic);
      } else if (note.refused !== undefined) {
        crowd.fail(new Error(`Refused: ${text}`));
      }
      sendProbes();
      if (heard.size === topics) resolve();
    });
  });
}
