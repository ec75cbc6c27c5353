import type { Client } from '@turnout/client';
import fc from 'fast-check';
import { deepStrictEqual as deepEqual } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { CutProxy } from '@turnout/test-kit/cut-proxy';
import { openClient, type NodeHandle } from './node-handle.ts';

const clientCount = 4;
const topicCount = 3;

/** The possible steps. */
export const step = fc.oneof(
  fc.record({ type: fc.constant('join' as const), client: fc.nat(clientCount - 1), topic: fc.nat(topicCount - 1) }),
  fc.record({ type: fc.constant('leave' as const), client: fc.nat(clientCount - 1), topic: fc.nat(topicCount - 1) }),
  fc.record({ type: fc.constant('publish' as const), node: fc.nat(1), topic: fc.nat(topicCount - 1) }),
  fc.record({ type: fc.constant('cut' as const), client: fc.nat(clientCount - 1) }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Membership {
  readonly topic: number;
  readonly got: string[];
  readonly expected: string[];
  readonly leave: () => void;
}

/** Clients of two nodes, and what each must receive from each topic while it is subscribed. */
export class DeliveryModel {
  readonly #nodes: readonly NodeHandle[];
  readonly #prefix: string;
  readonly #proxies: readonly CutProxy[];
  readonly #clients: readonly Client[];
  readonly #memberships = new Map<string, Membership>();
  #messages = 0;

  private constructor(nodes: readonly NodeHandle[], { prefix, proxies }: { prefix: string; proxies: CutProxy[] }) {
    this.#nodes = nodes;
    this.#prefix = prefix;
    this.#proxies = proxies;
    this.#clients = proxies.map(({ port }) => openClient(`ws://127.0.0.1:${port}/live`));
  }

  static async start(nodes: readonly NodeHandle[], prefix: string): Promise<DeliveryModel> {
    const proxies = await Promise.all(
      Array.from({ length: clientCount }, (_, index) => CutProxy.to(nodes[index % nodes.length]!.port)),
    );
    return new DeliveryModel(nodes, { prefix, proxies });
  }

  async run(each: Step): Promise<void> {
    switch (each.type) {
      case 'join':
        return this.#join(each.client, each.topic);
      case 'leave':
        return this.#leave(`${each.client} ${each.topic}`);
      case 'publish':
        return this.#publish(each.node, each.topic);
      case 'cut':
        return this.#proxies[each.client]!.reset();
    }
  }

  async end(): Promise<void> {
    for (const key of this.#memberships.keys()) await this.#leave(key);
    for (const client of this.#clients) client.close();
    for (const proxy of this.#proxies) await proxy.close();
  }

  async #join(client: number, topic: number): Promise<void> {
    const key = `${client} ${topic}`;
    if (this.#memberships.has(key)) return;
    const got: string[] = [];
    await new Promise<void>((resolve) => {
      const subscription = this.#clients[client]!.subscribe<string>(`${this.#prefix} ${topic}`, {
        onMessage: (data) => void got.push(data),
        onSubscribed: () => resolve(),
      });
      this.#memberships.set(key, { topic, got, expected: [], leave: () => subscription.unsubscribe() });
    });
  }

  /** With everything published until then. */
  async #leave(key: string): Promise<void> {
    const membership = this.#memberships.get(key);
    if (membership === undefined) return;
    const { got, expected, leave } = membership;
    for (let waits = 0; got.length < expected.length && waits < 1_000; waits++) await delay(10);
    deepEqual(got, expected);
    leave();
    this.#memberships.delete(key);
  }

  async #publish(node: number, topic: number): Promise<void> {
    const message = String(this.#messages++);
    deepEqual(await this.#nodes[node]!.publish(`${this.#prefix} ${topic}`, JSON.stringify(message)), true);
    for (const membership of this.#memberships.values()) {
      if (membership.topic === topic) membership.expected.push(message);
    }
  }
}
