import type { Duplex } from 'node:stream';
import { HandshakeError } from '@turnout/core';
import type { AppLimits } from '../options/app-limits.ts';
import { networkOf } from '../options/client-network.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { MemoryGuard } from './memory-guard.ts';
import { drainingError, retryLater, type OpenConnections } from './open-connections.ts';
import type { UnclaimedUpgrade } from './unclaimed-upgrade.ts';
import type { UnclaimedUpgrades } from './unclaimed-upgrades.ts';

/** Decides whether there is room for one more upgrade: before anything is spent on it, and as soon as it has a name. */
export class Admission {
  readonly #limits: AppLimits;
  readonly #connections: OpenConnections;
  readonly #unclaimed: UnclaimedUpgrades;
  readonly #memory: MemoryGuard;
  readonly #carriers = new ConnectionCounts<object>();
  readonly #addresses = new ConnectionCounts<string>();
  readonly #users = new ConnectionCounts<string>();
  /** Connections whose address is counted: an upgrade may come to several routes. */
  readonly #addressed = new WeakSet<Duplex>();

  constructor(limits: AppLimits, connections: OpenConnections, unclaimed: UnclaimedUpgrades) {
    this.#limits = limits;
    this.#connections = connections;
    this.#unclaimed = unclaimed;
    this.#memory = new MemoryGuard(limits.maxMemoryPercent);
  }

  /**
   * Why the next upgrade cannot be taken, 503 or 429 with `Retry-After`; `null` where it can.
   *
   * @param carrier the connection that its stream shares with others, over HTTP/2
   */
  refusal(carrier?: object): HandshakeError | null {
    const { maxConnections, maxPendingHandshakes, maxMemoryPercent, maxStreamsPerConnection } = this.#limits;
    const { sockets, pending, isDraining } = this.#connections;
    if (isDraining) return drainingError();
    // What is being opened will be open: counted from the start, the limit holds whatever middleware waits for.
    if (sockets.size + pending.size >= maxConnections) return this.#tooManyConnections();
    if (pending.size >= maxPendingHandshakes) return this.#tooManyPending();
    if (carrier !== undefined && this.#carriers.countOf(carrier) >= maxStreamsPerConnection) {
      const message = `Too many WebSockets on this connection: maxStreamsPerConnection is ${maxStreamsPerConnection}`;
      return excess('WS_ERR_HANDSHAKE_STREAMS', message);
    }
    if (this.#memory.isFull) {
      return overload('WS_ERR_HANDSHAKE_MEMORY', `Too little memory is left: maxMemoryPercent is ${maxMemoryPercent}`);
    }
    // What nobody wants never keeps out what a route does.
    this.#clearUnclaimed(1);
    return null;
  }

  /**
   * Counts an upgrade that is left to the server's other listeners with those that wait for an answer, until one of
   * them has taken it; where none does within `handshakeTimeout`, it gets 404. Over `maxPendingHandshakes` and
   * `maxConnections` the oldest of them gets 503, the new one not before all listeners have seen it.
   */
  leaveToOthers(upgrade: UnclaimedUpgrade): void {
    this.#unclaimed.add(upgrade, new HandshakeError('WS_ERR_HANDSHAKE_UNCLAIMED', 404, 'There is no WebSocket here'));
    setImmediate(() => this.#clearUnclaimed(0));
  }

  /** Refuses unclaimed upgrades, the oldest first, until there is room for so many more upgrades. */
  #clearUnclaimed(newcomers: number): void {
    const { maxConnections, maxPendingHandshakes } = this.#limits;
    const { sockets, pending } = this.#connections;
    const held = (): number => pending.size + this.#unclaimed.size + newcomers;
    while (held() > maxPendingHandshakes && this.#unclaimed.giveWay(this.#tooManyPending()));
    while (sockets.size + held() > maxConnections && this.#unclaimed.giveWay(this.#tooManyConnections()));
  }

  #tooManyConnections(): HandshakeError {
    const { maxConnections } = this.#limits;
    return overload('WS_ERR_HANDSHAKE_CONNECTIONS', `Too many connections: maxConnections is ${maxConnections}`);
  }

  #tooManyPending(): HandshakeError {
    const { maxPendingHandshakes } = this.#limits;
    const message = `Too many handshakes wait for their answer: maxPendingHandshakes is ${maxPendingHandshakes}`;
    return overload('WS_ERR_HANDSHAKE_PENDING', message);
  }

  /** Counts a stream on the connection that carries it, until it has closed. */
  addStream(carrier: object, stream: Duplex): void {
    this.#carriers.add(carrier, stream);
  }

  /** Counts a connection for its client's address, once; or tells why that has too many, with 429. */
  admitAddress(addressOf: () => string | undefined, duplex: Duplex): HandshakeError | null {
    const { maxConnectionsPerAddress: max } = this.#limits;
    if (max === Infinity || this.#addressed.has(duplex)) return null;
    const address = addressOf();
    // A socket of the file system has none.
    if (address === undefined) return null;
    const network = networkOf(address);
    if (this.#addresses.countOf(network) >= max) {
      const message = `Too many connections of your address: maxConnectionsPerAddress is ${max}`;
      return excess('WS_ERR_HANDSHAKE_ADDRESS', message);
    }
    this.#addressed.add(duplex);
    this.#addresses.add(network, duplex);
    return null;
  }

  /** Counts a connection for its user; or tells why that one has too many, with 429. */
  admitUser(user: string | undefined, duplex: Duplex): HandshakeError | null {
    const { maxConnectionsPerUser: max } = this.#limits;
    if (max === Infinity || user === undefined) return null;
    if (this.#users.countOf(user) >= max) {
      return excess('WS_ERR_HANDSHAKE_USER', `Too many connections of yours: maxConnectionsPerUser is ${max}`);
    }
    this.#users.add(user, duplex);
    return null;
  }
}

/** The server has no room: another may have. */
function overload(code: string, message: string): HandshakeError {
  return new HandshakeError(code, 503, message, retryLater);
}

/**
 * The client has had its share (RFC 6585 §4): another server is not to be asked in its place, as proxies do on a 503.
 */
function excess(code: string, message: string): HandshakeError {
  return new HandshakeError(code, 429, message, retryLater);
}
