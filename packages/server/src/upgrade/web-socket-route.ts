import type { IncomingMessage } from 'node:http';
import { agreeOnDeflate, chooseProtocol, limitsAmong, resolveDeflate } from '@turnout/core';
import type { ConnectionLimits } from '@turnout/core';
import { readOptions } from '@turnout/core/options';
import { ratesOf } from '../options/message-rates.ts';
import { openSocket } from './open-socket.ts';
import type { Opening, SocketHandler } from './open-socket.ts';
import { isAllowedOrigin, isSameOrigin } from '../options/origin.ts';
import { pathOfTarget } from './path-of-target.ts';
import type { PendingUpgrade, UpgradeHost } from './pending-upgrade.ts';
import { refuseNext } from './refuse-next.ts';
import type { SendAccept } from './send-accept.ts';
import { routeOptions } from '../options/route-options.ts';
import type { RouteOptions } from '../options/route-options.ts';
import { sessionOf, type SessionRequest } from '../session/session-request.ts';

/** What an adapter passes for an accepted upgrade. */
export interface Answer {
  /** The handler's second argument. */
  readonly context: unknown;
  /** Sends the 101 with these headers besides those already set. Default: `writeHead()` and `end()` of the response. */
  readonly send?: SendAccept | undefined;
  /** The session of the request. Default: by the convention of `express-session`. */
  readonly session?: SessionRequest | undefined;
}

/** What is known of a socket before it opens, besides options. */
type Agreed = Pick<Opening, 'protocol' | 'deflate' | 'session' | 'user'> & Pick<Answer, 'context'>;

/**
 * A WebSocket route of any framework: an adapter calls `admits` before the route's middleware, and `accept` after it.
 */
export class WebSocketRoute {
  readonly #options: RouteOptions;
  readonly #handler: SocketHandler<never>;
  /** The route's limits in each app: resolved once, and shared by all its sockets. */
  readonly #limits = new WeakMap<UpgradeHost, ConnectionLimits>();

  /** @throws {TypeError | RangeError} on an invalid option */
  constructor(options: RouteOptions, handler: SocketHandler<never>) {
    this.#options = readOptions(routeOptions, options);
    this.#handler = handler;
  }

  /**
   * Checks that the client's address may open one more connection and that the Origin is allowed (RFC 6455 §10.2).
   * Refuses the upgrade if not.
   */
  admits(pending: PendingUpgrade): boolean | Promise<boolean> {
    const { upgrade, host, request } = pending;
    const excess = host.admitAddress(pending);
    if (excess !== null) {
      pending.interrupt(excess);
      return false;
    }
    if (upgrade.origin === undefined || isSameOrigin(upgrade.origin, host.addressOf(request))) return true;
    const rule = this.#options.origin ?? host.options.origin ?? 'same-origin';
    const settle = (isAllowed: boolean): boolean => {
      // A rule in JavaScript may return anything: only `true` admits a foreign origin.
      if (isAllowed !== true) pending.refuse(403, describeOrigin(pending));
      return pending.isUndecided;
    };
    const fail = (error: unknown): boolean => {
      pending.fail(error);
      return false;
    };
    try {
      const verdict = isAllowedOrigin(rule, upgrade.origin, request);
      return verdict instanceof Promise ? verdict.then(settle).catch(fail) : settle(verdict);
    } catch (error) {
      return fail(error);
    }
  }

  /** Accepts an upgrade that all middleware has passed, unless it is already answered. */
  accept(pending: PendingUpgrade, { context, send, session = sessionOf(pending.request) }: Answer): void {
    if (!pending.isUndecided) return;
    const { protocols = [], perMessageDeflate = pending.host.options.perMessageDeflate } = this.#options;
    const choice =
      typeof protocols === 'function' ? (offered: readonly string[]) => protocols(offered, pending.request) : protocols;
    let protocol: string;
    let user: string | undefined;
    try {
      protocol = chooseProtocol(pending.upgrade.protocols, choice);
      user = pending.host.options.user?.(context as IncomingMessage);
    } catch (error) {
      return pending.fail(error);
    }
    const excess = pending.host.admitUser(pending, user);
    if (excess !== null) return pending.interrupt(excess);
    const deflate = agreeOnDeflate(pending.upgrade.extensions, resolveDeflate(perMessageDeflate));
    const opening = this.#openingOf(pending, { context, protocol, deflate, session, user });
    pending.accept(
      { protocol, deflate: deflate && deflate.parameters },
      { send, session, user, onAccepted: (accepted) => openSocket(pending, accepted, opening) },
    );
  }

  #handlerFor({ upgrade }: PendingUpgrade, context: unknown): Opening['handler'] {
    const handler = this.#handler as (...args: unknown[]) => unknown;
    // Only a handler that declares a third parameter gets one: others may count their arguments.
    if (handler.length <= 2) return (socket) => handler(socket, context);
    return (socket, fail) => handler(socket, context, refuseNext(pathOfTarget(upgrade.target), fail));
  }

  /** What the socket needs from the options of the route and the app. */
  #openingOf(pending: PendingUpgrade, agreed: Agreed): Opening {
    const { host } = pending;
    const { context, protocol, deflate, session, user } = agreed;
    const { rate = host.options.rate, messagesAfterClose = host.options.messagesAfterClose } = this.#options;
    return {
      protocol,
      deflate,
      session,
      user,
      limits: this.#limitsIn(host),
      rate: rate && ratesOf(rate).rateOf({ user, address: host.clientAddressOf(pending) }),
      messagesAfterClose,
      handler: this.#handlerFor(pending, context),
    };
  }

  #limitsIn(host: UpgradeHost): ConnectionLimits {
    const known = this.#limits.get(host);
    if (known !== undefined) return known;
    const resolved = limitsAmong({ ...host.options, ...this.#options });
    this.#limits.set(host, resolved);
    return resolved;
  }
}

function describeOrigin({ request, upgrade, host }: PendingUpgrade): string {
  const address = host.addressOf(request);
  return (
    `Origin ${upgrade.origin} may not open a WebSocket here, at ${address.scheme}://${address.host}: ` +
    'it is neither the same origin nor one that the app allows (option origin)'
  );
}
