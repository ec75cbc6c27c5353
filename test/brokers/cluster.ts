import { createHub, type Broker, type Hub, type HubOptions } from '@turnout/topics';
import { onTestFinished } from 'vitest';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

/** A node of a cluster: a hub with its own sockets. */
export class TestNode {
  readonly hub: Hub;
  readonly broker: Broker;
  readonly #server = new SocketServer();

  constructor(broker: Broker, options: HubOptions = {}) {
    this.broker = broker;
    this.hub = createHub({ broker, presenceInterval: 100, historyCheckInterval: 500, ...options });
    onTestFinished(() => this.hub.close());
  }

  open(): Promise<Pair> {
    return this.#server.open();
  }
}

/** What a client has received from a topic with an envelope. */
export interface Received {
  readonly data: unknown[];
  readonly offsets: number[];
  readonly notes: Record<string, unknown>[];
}

/** Collects what a socket receives, until it ends. */
export function collect({ client }: Pair): Received {
  const received: Received = { data: [], offsets: [], notes: [] };
  client.socket.on('message', (bytes) => {
    const { data, offset, topic: _topic, ...note } = JSON.parse(String(bytes)) as Record<string, unknown>;
    if (data === undefined) received.notes.push(note);
    else received.data.push(data);
    if (offset !== undefined) received.offsets.push(offset as number);
  });
  return received;
}
