import type { Duplex } from 'node:stream';
import { HandshakeError } from '@turnout/core';
import type { AppLimits } from '../options/app-limits.ts';
import { networkOf } from '../options/client-network.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { MemoryGuard } from './memory-guard.ts';
import { drainingError, retryLater, type OpenConnections } from './open-connections.ts';
import type { UnclaimedUpgrade } from './unclaimed-upgrade.ts';
import type { UnclaimedUpgrades } from './unclaimed-upgrades.ts';

/**
 * Decides whether there is room for one more upgrade: before any work is done for it, and once its address and user are
 * known.
 */
export class Admission {
  readonly #limits: AppLimits;
  readonly #connections: OpenConnections;
  readonly #unclaimed: UnclaimedUpgrades;
  readonly #memory: MemoryGuard;
  readonly #carriers = new ConnectionCounts<object>();
  readonly #addresses = new ConnectionCounts<string>();
  readonly #users = new ConnectionCounts<string>();
  /** Connections whose address is already counted: an upgrade may reach several routes. */
  readonly #addressed = new WeakSet<Duplex>();

  constructor(limits: AppLimits, connections: OpenConnections, unclaimed: UnclaimedUpgrades) {
    this.#limits = limits;
    this.#connections = connections;
    this.#unclaimed = unclaimed;
    this.#memory = new MemoryGuard(limits.maxMemoryPercent);
  }

  /**
   * Why the next upgrade must be refused, with 503 or 429 and `Retry-After`; `null` if there is room.
   *
   * @param carrier the HTTP/2 connection that its stream shares with others
   */
  refusal(carrier?: object): HandshakeError | null {
    const { maxConnections, maxPendingHandshakes, maxMemoryPercent, maxStreamsPerConnection } = this.#limits;
    const { sockets, pending, isDraining } = this.#connections;
    if (isDraining) return drainingError();
    // Pending upgrades count as well: the limit then holds however long middleware waits.
    if (sockets.size + pending.size >= maxConnections) return this.#tooManyConnections();
    if (pending.size >= maxPendingHandshakes) return this.#tooManyPending();
    if (carrier !== undefined && this.#carriers.countOf(carrier) >= maxStreamsPerConnection) {
      const message = `Too many WebSockets on this connection: maxStreamsPerConnection is ${maxStreamsPerConnection}`;
      return excess('WS_ERR_HANDSHAKE_STREAMS', message);
    }
    if (this.#memory.isFull) {
      return overload('WS_ERR_HANDSHAKE_MEMORY', `Too little memory is left: maxMemoryPercent is ${maxMemoryPercent}`);
    }
    // Unclaimed upgrades make room for one that a route claims.
    this.#clearUnclaimed(1);
    return null;
  }

  /**
   * Counts an upgrade that is left to the server's other listeners as pending until one of them takes it; if none does
   * within `handshakeTimeout`, it gets 404. Beyond `maxPendingHandshakes` or `maxConnections` the oldest unclaimed
   * upgrade gets 503, but the new one only after all listeners have seen it.
   */
  leaveToOthers(upgrade: UnclaimedUpgrade): void {
    this.#unclaimed.add(upgrade, new HandshakeError('WS_ERR_HANDSHAKE_UNCLAIMED', 404, 'No WebSocket here'));
    setImmediate(() => this.#clearUnclaimed(0));
  }

  /** Refuses unclaimed upgrades, the oldest first, until there is room for `newcomers` more upgrades. */
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
    const message = `Too many pending handshakes: maxPendingHandshakes is ${maxPendingHandshakes}`;
    return overload('WS_ERR_HANDSHAKE_PENDING', message);
  }

  /** Counts a stream on the connection that carries it, until the stream closes. */
  addStream(carrier: object, stream: Duplex): void {
    this.#carriers.add(carrier, stream);
  }

  /** Counts a connection for its client's address, once. Returns the 429 if that address has too many. */
  admitAddress(addressOf: () => string | undefined, duplex: Duplex): HandshakeError | null {
    const { maxConnectionsPerAddress: max } = this.#limits;
    if (max === Infinity || this.#addressed.has(duplex)) return null;
    const address = addressOf();
    // A Unix domain socket has no address.
    if (address === undefined) return null;
    const network = networkOf(address);
    if (this.#addresses.countOf(network) >= max) {
      const message = `Too many connections from your address: maxConnectionsPerAddress is ${max}`;
      return excess('WS_ERR_HANDSHAKE_ADDRESS', message);
    }
    this.#addressed.add(duplex);
    this.#addresses.add(network, duplex);
    return null;
  }

  /** Counts a connection for its user. Returns the 429 if that user has too many. */
  admitUser(user: string | undefined, duplex: Duplex): HandshakeError | null {
    const { maxConnectionsPerUser: max } = this.#limits;
    if (max === Infinity || user === undefined) return null;
    if (this.#users.countOf(user) >= max) {
      return excess('WS_ERR_HANDSHAKE_USER', `Too many connections for this user: maxConnectionsPerUser is ${max}`);
    }
    this.#users.add(user, duplex);
    return null;
  }
}

/** This server has no room; another one may. */
function overload(code: string, message: string): HandshakeError {
  return new HandshakeError(code, 503, message, retryLater);
}

/** This client has too many (RFC 6585 §4): not a 503, on which proxies try another server. */
function excess(code: string, message: string): HandshakeError {
  return new HandshakeError(code, 429, message, retryLater);
}
