import { jetstreamManager, type StreamAPI } from '@nats-io/jetstream';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { connectNats, type NatsBrokerOptions } from '@turnout/nats';
import type { HubOptions } from '@turnout/topics';
import { onTestFinished } from 'vitest';
import { startNats, type Daemon, type NatsOptions } from '@turnout/test-kit/daemon';
import { TestNode } from './cluster.ts';

/** A NATS server of one test. */
export class NatsSite {
  readonly daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  static async start(options: NatsOptions = {}): Promise<NatsSite> {
    const daemon = await startNats(options);
    onTestFinished(() => daemon.stop());
    return new NatsSite(daemon);
  }

  get address(): string {
    return `127.0.0.1:${this.daemon.port}`;
  }

  async startNode(options: NatsBrokerOptions = {}, hubOptions: HubOptions = {}): Promise<TestNode> {
    const servers = options.connection === undefined ? { servers: this.address } : {};
    return new TestNode(await connectNats({ ...servers, timeout: 10_000, ...options }), hubOptions);
  }

  /** A program that is not a node. */
  async connect(options: ConnectionOptions = {}): Promise<NatsConnection> {
    const connection = await connect({ servers: this.address, ...options });
    onTestFinished(() => connection.close());
    return connection;
  }

  async streams(options: ConnectionOptions = {}): Promise<StreamAPI> {
    return (await jetstreamManager(await this.connect(options))).streams;
  }

  /** The topics whose histories have a stream. */
  async histories(): Promise<string[]> {
    const topics: string[] = [];
    for await (const { config } of (await this.streams()).list()) {
      if (['turnout_order', 'turnout_epochs'].includes(config.name)) continue;
      topics.push((JSON.parse(config.description ?? '{"topic":"unknown"}') as { topic: string }).topic);
    }
    return topics.toSorted();
  }
}
