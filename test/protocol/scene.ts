import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type WebSocket } from '@turnout/core';
import { createRouter } from '@turnout/router';
import { createHub, MemoryBroker, type Hub, type State, type Topic, type TopicOptions } from '@turnout/topics';
import { createClient } from 'redis';
import { connectRedisBy } from '../brokers/connect-brokers.ts';
import type { Daemon } from '@turnout/test-kit/daemon';

/** The topics of docs/protocol.md. */
const topics = new Map<string, TopicOptions>([
  ['votes', { envelope: true }],
  ['chat', { history: { size: 3 } }],
  ['lobby', { envelope: true, presence: true }],
  ['stadium', { envelope: true, presence: { tell: 'counts' } }],
]);

/** A server with topics and a state for you and other clients. */
export class Scene {
  readonly hub: Hub;
  readonly #daemon: Daemon | undefined;
  /** The state of docs/protocol.md. */
  readonly #board: State;
  readonly #router = createRouter();
  readonly #server = createServer();
  /** The server's sockets, by the name of the client. */
  readonly #served = new Map<string, WebSocket>();
  readonly #others = new Map<string, WebSocket>();

  private constructor(hub: Hub, daemon: Daemon | undefined) {
    this.hub = hub;
    this.#daemon = daemon;
    this.#board = hub.state('board', daemon && { load: () => ({}) });
  }

  /** @param daemon a Redis server; undefined if one process is enough */
  static async start(daemon?: Daemon): Promise<Scene> {
    const broker = daemon === undefined ? new MemoryBroker() : await connectRedisBy(daemon.port, 'impatient');
    const scene = new Scene(createHub({ broker }), daemon);
    scene.#router.ws('/live', (socket, request) => scene.#serve(socket, request.url ?? ''));
    scene.#router.attach(scene.#server);
    scene.#server.listen(0, '127.0.0.1');
    await once(scene.#server, 'listening');
    return scene;
  }

  topic(name: string): Topic | undefined {
    const options = topics.get(name);
    return options && this.hub.topic(name, options);
  }

  /** Sets keys of the state in one turn. */
  async set(values: Readonly<Record<string, unknown>>): Promise<void> {
    await Promise.all(Object.entries(values).map(([key, value]) => this.#board.set(key, value)));
  }

  async unset(key: string): Promise<void> {
    await this.#board.delete(key);
  }

  get origin(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param details of the person, as JSON */
  connect(id: string, details = 'null'): Promise<WebSocket> {
    return connect(`${this.origin}/live?${new URLSearchParams({ id, details }).toString()}`);
  }

  /** The server's socket of a client's last connection. */
  served(id: string): WebSocket | undefined {
    return this.#served.get(id);
  }

  /** Subscribes another client. */
  async join(id: string, topic: string, details?: string): Promise<void> {
    const socket = this.#others.get(id) ?? (await this.connect(id, details));
    this.#others.set(id, socket);
    socket.send(JSON.stringify({ subscribe: topic }));
    await socket.receive();
    socket.ignoreMessages();
  }

  /** Closes another client. */
  async leave(id: string): Promise<void> {
    this.#others.get(id)?.close();
    this.#others.delete(id);
    await this.#served.get(id)?.closed;
  }

  /** Silently cuts a client's connection. */
  async cut(id: string): Promise<void> {
    const socket = this.served(id);
    socket?.terminate();
    await socket?.closed;
  }

  async loseBroker(): Promise<void> {
    const lost = once(this.hub, 'lost');
    await this.#daemon?.kill();
    await lost;
  }

  async restoreBroker(isEmpty: boolean): Promise<void> {
    const restored = once(this.hub, 'restored');
    await (isEmpty ? this.#daemon?.resumeEmpty() : this.#daemon?.resume());
    await restored;
  }

  /** From a program that is not a node. */
  async tellRedis(command: readonly string[]): Promise<void> {
    const client = createClient({ url: `redis://127.0.0.1:${this.#daemon?.port}` });
    await client.connect();
    await client.sendCommand(command);
    await client.close();
  }

  /** Like an app that is restarted. */
  async restart(): Promise<void> {
    await this.#router.close({ code: 1012, timeout: 1_000 });
  }

  async stop(): Promise<void> {
    for (const id of this.#others.keys()) await this.leave(id);
    await this.#router.close({ timeout: 1_000 });
    await this.hub.close();
    this.#server.close();
  }

  async #serve(socket: WebSocket, url: string): Promise<void> {
    const query = new URL(url, 'http://localhost').searchParams;
    const id = query.get('id') ?? '';
    const details: unknown = JSON.parse(query.get('details') ?? 'null') ?? undefined;
    this.#served.set(id, socket);
    const handle = this.hub.commands(socket, (name) => {
      if (name === this.#board.name) return this.#board;
      const topic = this.topic(name);
      return topic && { topic, person: topic.options.presence === null ? undefined : { id, details } };
    });
    for await (const message of socket) {
      if (!(await handle(message))) socket.close(1003, 'Expected a command');
    }
  }
}
