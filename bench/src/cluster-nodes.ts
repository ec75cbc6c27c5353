import { BrokerServer, type BrokerKind } from './broker-server.ts';
import { ServerProcess } from './server-process.ts';

/** Nodes of one kind, joined by a broker. */
export interface NodesWanted {
  readonly script: string;
  /** Undefined for a single node. */
  readonly broker?: BrokerKind;
  readonly count: number;
}

/** Nodes and brokers, started when first needed: they keep running, so that optimized code is measured. */
export class ClusterNodes {
  readonly #brokers = new Map<BrokerKind, BrokerServer>();
  readonly #nodes = new Map<string, ServerProcess[]>();

  async get({ script, broker, count }: NodesWanted): Promise<readonly ServerProcess[]> {
    const key = `${script} ${broker}`;
    const nodes = this.#nodes.get(key) ?? [];
    this.#nodes.set(key, nodes);
    const parameters = broker === undefined ? [] : await this.#connection(broker);
    while (nodes.length < count) nodes.push(await ServerProcess.start(script, {}, parameters));
    return nodes.slice(0, count);
  }

  async stop(): Promise<void> {
    for (const nodes of this.#nodes.values()) for (const node of nodes) await node.stop();
    for (const broker of this.#brokers.values()) await broker.stop();
  }

  async #connection(kind: BrokerKind): Promise<string[]> {
    const broker = this.#brokers.get(kind) ?? (await BrokerServer.start(kind));
    this.#brokers.set(kind, broker);
    return [broker.protocol, String(broker.port)];
  }
}
