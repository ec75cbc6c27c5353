import { HandshakeError } from '@turnout/core';
import type { AppLimits } from './app-limits.ts';
import { MemoryGuard } from './memory-guard.ts';
import { drainingError, retryLater, type OpenConnections } from './open-connections.ts';

/** Decides whether there is room for one more upgrade, before anything is spent on it. */
export class Admission {
  readonly #limits: AppLimits;
  readonly #connections: OpenConnections;
  readonly #memory: MemoryGuard;

  constructor(limits: AppLimits, connections: OpenConnections) {
    this.#limits = limits;
    this.#connections = connections;
    this.#memory = new MemoryGuard(limits.maxMemoryPercent);
  }

  /** Why the next upgrade cannot be taken, 503 with `Retry-After`; `null` where it can. */
  refusal(): HandshakeError | null {
    const { maxConnections, maxPendingHandshakes, maxMemoryPercent } = this.#limits;
    const { sockets, pending, isDraining } = this.#connections;
    if (isDraining) return drainingError();
    // What is being opened will be open: counted from the start, the limit holds whatever middleware waits for.
    if (sockets.size + pending.size >= maxConnections) {
      return overload('WS_ERR_HANDSHAKE_CONNECTIONS', `Too many connections: maxConnections is ${maxConnections}`);
    }
    if (pending.size >= maxPendingHandshakes) {
      const message = `Too many handshakes wait for their answer: maxPendingHandshakes is ${maxPendingHandshakes}`;
      return overload('WS_ERR_HANDSHAKE_PENDING', message);
    }
    if (this.#memory.isFull) {
      return overload('WS_ERR_HANDSHAKE_MEMORY', `Too little memory is left: maxMemoryPercent is ${maxMemoryPercent}`);
    }
    return null;
  }
}

function overload(code: string, message: string): HandshakeError {
  return new HandshakeError(code, 503, message, retryLater);
}
