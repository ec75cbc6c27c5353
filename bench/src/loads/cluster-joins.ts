import { setTimeout as delay } from 'node:timers/promises';
import { underLoad } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';
import { freshTopic, type TopicKind } from '../topic-kind.ts';
import { Crowd, publication, subscription } from './crowd.ts';

export interface JoinResult {
  /** Seconds until the last client has received the probe. */
  readonly time: number;
  /** Joins per second. */
  readonly rate: number;
  /** The longest stall of the node's event loop during that time, in ms. */
  readonly stall: number;
}

interface JoinSettings {
  readonly sockets: number;
  readonly joins: number;
  /** Subscribes; resolves once everything that was joined has received its probe. */
  readonly join: (crowd: Crowd) => Promise<void>;
}

/** How long, in ms, it may take until all receive. */
const patience = 120_000;

/** Probes in flight at a time: a broker accepts 1,000 (`maxPendingMessages`). */
const maxProbes = 500;

/** How long, in ms, to wait before a probe is sent again that was rejected because the broker was late. */
const againAfter = 100;

/** Topics of one client; `maxTopicsPerSocket` is 128. */
const topicsPerSocket = 100;

const probe = 'probe';
const probeSign = `"data":"${probe}"`;

/**
 * First subscriptions: each topic has one subscriber, which publishes the probe that it must receive as soon as it is
 * subscribed.
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
 * Subscribers of one topic, to which one probe is then published.
 *
 * @param within in ms; they join evenly over it, or all at once with 0
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

/** The connections are already open. */
async function measureJoins(node: ServerProcess, { sockets, joins, join }: JoinSettings): Promise<JoinResult> {
  const crowd = await Crowd.open([node], sockets);
  const late = new AbortController();
  try {
    return await underLoad(
      (onFault) => {
        crowd.start(onFault);
        const error = new Error(`Deaf: not all of ${joins} received the probe within ${patience} ms`);
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

/** A message to a client about a topic. */
interface ProbeNote {
  readonly topic: string;
  readonly subscribed?: unknown;
  readonly data?: unknown;
  readonly refused?: unknown;
  /** The topic whose probe could not be published. */
  readonly rejected?: string;
}

/** A client that is subscribed to a topic publishes the probe there, until it is accepted. */
function probeEach(crowd: Crowd, topics: number): Promise<void> {
  const waiting: { readonly client: number; readonly topic: string }[] = [];
  /** Topics whose probe is in flight. */
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
        // A probe that was rejected because the broker was late may arrive twice.
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
