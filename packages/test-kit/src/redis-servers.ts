import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'redis';
import { Daemon } from './daemon.ts';

const slotCount = 16_384;

/** Sends one command to a server of this machine. */
export async function askRedis(port: number, ...command: string[]): Promise<unknown> {
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
  client.on('error', () => {});
  await client.connect();
  return client.sendCommand(command).finally(() => client.destroy());
}

/**
 * Sends one command until it is answered: Sentinel ends the client connections of a server whose role it changes.
 */
async function insist(port: number, ...command: string[]): Promise<void> {
  await until(async () => (await askRedis(port, ...command)) !== undefined);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await delay(20);
}

/** The cluster slot of a key. */
export async function slotOf(port: number, key: string): Promise<number> {
  return Number(await askRedis(port, 'CLUSTER', 'KEYSLOT', key));
}

/** A server with additional options. */
export function startRedisWith(...options: string[]): Promise<Daemon> {
  return Daemon.start('redis-server', ({ port, folder }) => [
    ...`--port ${port} --bind 127.0.0.1 --dir ${folder} --save`.split(' '),
    '',
    ...options,
  ]);
}

export interface SentinelSiteOptions {
  /** Default: 1. */
  readonly replicas?: number;
  /** How many Sentinels there are; a majority must agree on a failover. Default: 1. */
  readonly sentinels?: number;
  /** Additional options of each server. */
  readonly options?: readonly string[];
}

/** A master, its replicas and the Sentinels that watch them. */
export class SentinelSite {
  static readonly masterName = 'main';
  /** The servers that were started as master and replicas. */
  readonly servers: readonly Daemon[];
  readonly #sentinels: readonly Daemon[];

  private constructor(servers: readonly Daemon[], sentinels: readonly Daemon[]) {
    this.servers = servers;
    this.#sentinels = sentinels;
  }

  static async start({ replicas = 1, sentinels = 1, options = [] }: SentinelSiteOptions = {}): Promise<SentinelSite> {
    const master = await startRedisWith('--repl-diskless-sync-delay', '0', ...options);
    const others = await Promise.all(
      Array.from({ length: replicas }, () =>
        startRedisWith('--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0', ...options),
      ),
    );
    for (const { port } of others) {
      await until(async () => String(await askRedis(port, 'INFO', 'replication')).includes('master_link_status:up'));
    }
    const quorum = Math.floor(sentinels / 2) + 1;
    const watching = await Promise.all(Array.from({ length: sentinels }, () => startSentinel(master.port, quorum)));
    const count = async (port: number, what: string): Promise<number> =>
      ((await askRedis(port, 'SENTINEL', what, SentinelSite.masterName)) as unknown[]).length;
    for (const { port } of watching) {
      await until(
        async () => (await count(port, 'REPLICAS')) === replicas && (await count(port, 'SENTINELS')) === sentinels - 1,
      );
    }
    return new SentinelSite([master, ...others], watching);
  }

  get sentinelPort(): number {
    return this.sentinelPorts[0]!;
  }

  get sentinelPorts(): readonly number[] {
    return this.#sentinels.map(({ port }) => port);
  }

  /** The port of the master, according to Sentinel. */
  async masterPort(): Promise<number> {
    const answer = await askRedis(this.sentinelPort, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', SentinelSite.masterName);
    return Number((answer as unknown[])[1]);
  }

  /**
   * Disconnects the replicas from the master, until {@link joinReplicas}: writes in the meantime are only on the
   * master.
   */
  async cutOffReplicas(): Promise<void> {
    const master = await this.masterPort();
    for (const { port } of this.#running) {
      // A wrong password makes their handshakes fail.
      if (port !== master) await insist(port, 'CONFIG', 'SET', 'masterauth', 'wrong');
    }
    await insist(master, 'CLIENT', 'KILL', 'TYPE', 'replica');
  }

  async joinReplicas(): Promise<void> {
    for (const { port } of this.#running) await insist(port, 'CONFIG', 'SET', 'masterauth', '');
  }

  /** Kills the master, and resolves once Sentinel names another. */
  async failOver(): Promise<Daemon> {
    const port = await this.masterPort();
    const master = this.servers.find((server) => server.port === port)!;
    await master.kill();
    await until(async () => (await this.masterPort()) !== port);
    return master;
  }

  /**
   * Restarts a server as a replica. Otherwise it would start as a master without data, and Sentinel could name it as
   * master before checking it.
   */
  async bringBack(server: Daemon): Promise<void> {
    await server.resume();
    await until(async () => {
      const master = String(await this.masterPort());
      await askRedis(server.port, 'REPLICAOF', '127.0.0.1', master);
      const state = String(await askRedis(server.port, 'INFO', 'replication'));
      return state.includes(`master_port:${master}`) && state.includes('master_link_status:up');
    });
  }

  get #running(): readonly Daemon[] {
    return this.servers.filter(({ isRunning }) => isRunning);
  }

  async stop(): Promise<void> {
    for (const daemon of [...this.#sentinels, ...this.servers.toReversed()]) await daemon.stop();
  }
}

function startSentinel(masterPort: number, quorum: number): Promise<Daemon> {
  return Daemon.start('redis-server', ({ port, folder }) => {
    const configuration = join(folder, 'sentinel.conf');
    writeFileSync(configuration, sentinelConfiguration(port, masterPort, quorum));
    return [configuration, '--sentinel'];
  });
}

function sentinelConfiguration(port: number, masterPort: number, quorum: number): string {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor main 127.0.0.1 ${masterPort} ${quorum}`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 2000',
    '',
  ].join('\n');
}

/** Three masters of a Redis Cluster, without replicas. */
export class ClusterSite {
  readonly nodes: readonly Daemon[];
  readonly #replicas: Daemon[] = [];

  private constructor(nodes: readonly Daemon[]) {
    this.nodes = nodes;
  }

  static async start(): Promise<ClusterSite> {
    const nodes = await Promise.all(Array.from({ length: 3 }, startClusterNode));
    const step = Math.ceil(slotCount / nodes.length);
    for (const [index, { port }] of nodes.entries()) {
      const last = Math.min(slotCount, (index + 1) * step) - 1;
      await askRedis(port, 'CLUSTER', 'ADDSLOTSRANGE', String(index * step), String(last));
      await askRedis(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }
    for (const { place } of nodes) {
      await askRedis(nodes[0]!.port, 'CLUSTER', 'MEET', '127.0.0.1', String(place.port), String(place.spare));
    }
    const site = new ClusterSite(nodes);
    await site.settled();
    return site;
  }

  get rootNodes(): { url: string }[] {
    return this.nodes.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` }));
  }

  /** Waits until each node knows that all slots are served. */
  async settled(): Promise<void> {
    for (const { port } of this.nodes) {
      await until(async () => {
        const info = String(await askRedis(port, 'CLUSTER', 'INFO'));
        return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
      });
    }
  }

  /** Starts a replica of one of the masters. */
  async addReplica(master: Daemon): Promise<void> {
    const replica = await startClusterNode();
    this.#replicas.push(replica);
    const id = String(await askRedis(master.port, 'CLUSTER', 'MYID'));
    await askRedis(replica.port, 'CLUSTER', 'MEET', '127.0.0.1', String(master.port), String(master.place.spare));
    await until(async () => (await askRedis(replica.port, 'CLUSTER', 'REPLICATE', id)) === 'OK');
    await until(async () => String(await askRedis(replica.port, 'INFO', 'replication')).includes('link_status:up'));
    // All others know it: they vote.
    for (const { port } of this.nodes) {
      await until(async () => String(await askRedis(port, 'CLUSTER', 'INFO')).includes('cluster_known_nodes:4'));
    }
  }

  /**
   * Moves a slot with its keys to another node, as `redis-cli --cluster reshard` does; `meanwhile` is called once its
   * keys are there, while clients are still redirected.
   */
  async moveSlot(slot: number, to: Daemon, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    const from = await this.#ownerOf(slot);
    if (from === to) return;
    const ids = new Map<Daemon, string>();
    for (const node of this.nodes) ids.set(node, String(await askRedis(node.port, 'CLUSTER', 'MYID')));
    await askRedis(to.port, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', ids.get(from)!);
    await askRedis(from.port, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', ids.get(to)!);
    for (;;) {
      const keys = (await askRedis(from.port, 'CLUSTER', 'GETKEYSINSLOT', String(slot), '10')) as string[];
      if (keys.length === 0) break;
      await askRedis(from.port, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '1000', 'KEYS', ...keys);
    }
    await meanwhile();
    for (const node of [to, from, ...this.nodes]) {
      await askRedis(node.port, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', ids.get(to)!);
    }
  }

  async stop(): Promise<void> {
    for (const node of [...this.nodes, ...this.#replicas]) await node.stop();
  }

  async #ownerOf(slot: number): Promise<Daemon> {
    const ranges = (await askRedis(this.nodes[0]!.port, 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const range = ranges.find(([start, end]) => slot >= start && slot <= end)!;
    return this.nodes.find(({ port }) => port === range[2][1])!;
  }
}

/** A node of a cluster, which does not know the others yet. */
export function startClusterNode(): Promise<Daemon> {
  return Daemon.start('redis-server', ({ port, spare, folder }) => [
    ...`--port ${port} --bind 127.0.0.1 --dir ${folder} --cluster-enabled yes --cluster-port ${spare}`.split(' '),
    ...'--cluster-node-timeout 2000 --appendonly yes --save'.split(' '),
    '',
  ]);
}
