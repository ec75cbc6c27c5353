import { setTimeout as delay } from 'node:timers/promises';
import { discover, hasShardedChannels, optionsOf, type ClusterOptions } from './cluster-discovery.ts';
import { ClusterSlots, hostOf } from './cluster-slots.ts';
import { hashSlot } from './hash-slot.ts';
import type { Argument, ConnectionContext, RedisConnections } from './redis-connections.ts';
import { messageOf } from './redis-errors.ts';
import { RedisNames } from './redis-names.ts';
import type { RedisScript } from './redis-script.ts';
import { RedisServer } from './redis-server.ts';

/** How often a call is repeated or redirected before it fails. */
const maxRedirections = 40;

/** How long, in ms, until a call is repeated whose keys are being moved. */
const tryAgainAfter = 25;

/** The masters of a Redis Cluster. If one fails, all are given up, as its topics may have missed messages. */
export class RedisCluster implements RedisConnections {
  readonly names: RedisNames;
  readonly isSharded: boolean;
  readonly #context: ConnectionContext;
  readonly #servers: ReadonlyMap<string, RedisServer>;
  /** Where calls are sent. */
  #slots: ClusterSlots;
  /** Where channels were subscribed at the last {@link check}. */
  #subscribed: ClusterSlots;
  /** Slots whose subscriptions a master has ended since the last {@link check}; then those still to be reported. */
  readonly #unsubscribed = new Set<number>();
  #untold = new Set<number>();

  private constructor(servers: ReadonlyMap<string, RedisServer>, found: Found, context: ConnectionContext) {
    this.#servers = servers;
    this.#slots = found.slots;
    this.#subscribed = found.slots;
    this.isSharded = found.isSharded;
    this.#context = context;
    this.names = new RedisNames(context.prefix, { database: 0, isCluster: true });
    for (const server of servers.values()) server.onUnsubscribed = (slot) => this.#onUnsubscribed(slot);
  }

  /** Rejects if no root node can be reached, a slot has no master, or a master cannot be reached. */
  static async connect(options: ClusterOptions, context: ConnectionContext): Promise<RedisCluster> {
    const slots = await discover(options, context.signal);
    const servers = new Map<string, RedisServer>();
    await Promise.all(
      [...slots.masters].map(async (address) => {
        servers.set(address, await RedisServer.connect(optionsOf(address, options), context));
      }),
    );
    const isSharded = (await Promise.all([...servers.values()].map(hasShardedChannels))).every(Boolean);
    return new RedisCluster(servers, { slots, isSharded }, context);
  }

  call(key: string, parameters: readonly Argument[]): Promise<unknown> {
    return this.#follow(hashSlot(key), {
      send: (server) => server.send(parameters),
      ask: (server) => server.sendAsking(parameters),
    });
  }

  run(script: RedisScript, keys: readonly [string, ...string[]], parameters: readonly Argument[]): Promise<unknown> {
    return this.#follow(hashSlot(keys[0]), {
      send: (server) => server.run(script, keys, parameters),
      ask: (server) => server.sendAsking(['EVAL', script.text, String(keys.length), ...keys, ...parameters]),
    });
  }

  /** Publishes at the master of the channel's slot, sharded or not, so that one node's messages keep their order. */
  async publish(channel: string, bytes: Buffer): Promise<void> {
    await this.call(channel, [this.isSharded ? 'SPUBLISH' : 'PUBLISH', channel, bytes]);
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#bySlot(channels, (server, some) =>
      this.isSharded ? server.subscribeSharded(some) : server.subscribe(some),
    );
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    return this.#bySlot(channels, (server, some) =>
      this.isSharded ? server.unsubscribeSharded(some) : server.unsubscribe(some),
    );
  }

  async countSubscribers(channels: readonly string[]): Promise<number[]> {
    const command = this.isSharded ? 'SHARDNUMSUB' : 'NUMSUB';
    const counts = await Promise.all(
      channels.map((channel) => this.#serverOf(hashSlot(channel)).countSubscribers([channel], command)),
    );
    return counts.flat();
  }

  async check(): Promise<void> {
    const answers = await Promise.all(
      [...this.#servers].map(async ([address, server]) => {
        const [slots] = await Promise.all([server.send(['CLUSTER', 'SLOTS']), server.check()]);
        return [address, ClusterSlots.parse(slots, hostOf(address))] as const;
      }),
    );
    const claims = new Map(answers);
    for (const { masters } of claims.values()) for (const address of masters) this.#serverAt(address);
    this.#slots = this.#slots.updated(claims);
    const moved = [...this.#slots.movedSince(this.#subscribed)].filter((slot) => !this.#unsubscribed.has(slot));
    this.#subscribed = this.#slots;
    this.#unsubscribed.clear();
    if (this.isSharded) this.#tellMoved(new Set(moved));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  /** A master reports when it loses a slot; if that report is lost, {@link check} finds the new master. */
  #onUnsubscribed(slot: number): void {
    if (this.#untold.size === 0) {
      setImmediate(() => {
        const untold = this.#untold;
        this.#untold = new Set();
        this.#tellMoved(untold);
      });
    }
    this.#untold.add(slot);
    this.#unsubscribed.add(slot);
  }

  #tellMoved(slots: ReadonlySet<number>): void {
    if (slots.size === 0) return;
    for (const server of this.#servers.values()) server.forgetSharded(slots);
    this.#context.onMoved(slots);
  }

  /** Sends a call to the master of a slot, and follows redirections. */
  async #follow<Value>(slot: number, { send, ask = send }: Sending<Value>): Promise<Value> {
    let next = (): Promise<Value> => send(this.#serverOf(slot));
    for (let redirections = 0; ; redirections++) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- where it goes next, the answer says
        return await next();
      } catch (error) {
        const [kind, , address = ''] = messageOf(error).split(' ');
        if (redirections === maxRedirections || !['MOVED', 'ASK', 'TRYAGAIN'].includes(kind ?? '')) throw error;
        // oxlint-disable-next-line no-await-in-loop -- a pause
        if (kind === 'TRYAGAIN') await delay(tryAgainAfter, undefined, { ref: false });
        next = () => send(this.#serverOf(slot));
        if (kind === 'MOVED') this.#move(slot, address);
        if (kind === 'ASK') next = () => ask(this.#serverAt(address));
      }
    }
  }

  #move(slot: number, address: string): void {
    this.#serverAt(address);
    this.#slots = this.#slots.with(slot, address);
  }

  #serverOf(slot: number): RedisServer {
    return this.#serverAt(this.#slots.addressOf(slot) ?? '');
  }

  #serverAt(address: string): RedisServer {
    const server = this.#servers.get(address);
    if (server !== undefined) return server;
    const error = new Error(`CLUSTERDOWN The Cluster has another master, ${address}`);
    this.#context.onFailed(error);
    throw error;
  }

  async #bySlot(
    channels: readonly string[],
    send: (server: RedisServer, some: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const bySlot = new Map<number, string[]>();
    for (const channel of channels) {
      const slot = hashSlot(channel);
      const known = bySlot.get(slot);
      if (known === undefined) bySlot.set(slot, [channel]);
      else known.push(channel);
    }
    await Promise.all([...bySlot].map(([slot, some]) => this.#follow(slot, { send: (server) => send(server, some) })));
  }
}

interface Found {
  readonly slots: ClusterSlots;
  readonly isSharded: boolean;
}

interface Sending<Value> {
  readonly send: (server: RedisServer) => Promise<Value>;
  /** Sends to a master to which the slot is being moved. */
  readonly ask?: (server: RedisServer) => Promise<Value>;
}
