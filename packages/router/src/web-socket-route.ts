import type { IncomingMessage, ServerResponse } from 'node:http';
import { agreeOnDeflate, chooseProtocol, resolveDeflate, resolveLimits } from '@turnout/core';
import type { ConnectionLimits } from '@turnout/core';
import { openSocket } from './open-socket.ts';
import type { SocketHandler } from './open-socket.ts';
import { isAllowedOrigin, isSameOrigin } from './origin.ts';
import { pendingUpgradeOf } from './pending-upgrade.ts';
import type { PendingUpgrade, UpgradeHost } from './pending-upgrade.ts';
import type { RouteOptions } from './route-options.ts';
import { noteUpgradeRequired } from './upgrade-required.ts';

type Next = (signal?: 'route') => void;

/** What a route is made of: it stands in the router as `gate`, the app's middleware, `accept`. */
export interface WebSocketRoute {
  /** Lets upgrade requests in whose Origin is allowed; sends plain requests on to other routes. */
  readonly gate: (request: IncomingMessage, response: ServerResponse, next: Next) => void;
  /** Accepts the upgrade, which all middleware has let pass. */
  readonly accept: (request: IncomingMessage) => void;
}

/** What a route keeps for its sockets. */
interface RouteParts {
  readonly options: RouteOptions;
  readonly handler: SocketHandler;
  readonly limits: WeakMap<UpgradeHost, ConnectionLimits>;
}

export function createWebSocketRoute(options: RouteOptions, handler: SocketHandler): WebSocketRoute {
  const parts: RouteParts = { options, handler, limits: new WeakMap() };
  return {
    gate(request, _response, next) {
      const pending = pendingUpgradeOf(request);
      if (pending !== undefined) return checkOrigin(pending, options, next);
      noteUpgradeRequired(request);
      next('route');
    },
    accept(request) {
      const pending = pendingUpgradeOf(request);
      if (pending?.isUndecided) acceptUpgrade(pending, parts);
    },
  };
}

/** RFC 6455 §10.2: a browser sends cookies along whatever page opens the socket, and names that page's origin. */
function checkOrigin(pending: PendingUpgrade, options: RouteOptions, next: Next): void {
  const { request, upgrade, host } = pending;
  if (upgrade.origin === undefined || isSameOrigin(upgrade.origin, host.addressOf(request))) return next();
  const settle = (isAllowed: boolean): void => {
    if (isAllowed !== true) return pending.refuse(403, describeOrigin(pending));
    if (pending.isUndecided) next();
  };
  let verdict: boolean | Promise<boolean>;
  try {
    verdict = isAllowedOrigin(options.origin ?? host.options.origin ?? 'same-origin', upgrade.origin, request);
  } catch (error) {
    return pending.fail(error);
  }
  if (verdict instanceof Promise) verdict.then(settle).catch((error: unknown) => pending.fail(error));
  else settle(verdict);
}

function describeOrigin({ request, upgrade, host }: PendingUpgrade): string {
  const address = host.addressOf(request);
  return (
    `Origin ${upgrade.origin} may not open a WebSocket here, at ${address.scheme}://${address.host}: ` +
    'it is neither the same origin nor one that the app allows (option origin)'
  );
}

function acceptUpgrade(pending: PendingUpgrade, parts: RouteParts): void {
  const { options, handler } = parts;
  const { protocols = [] } = options;
  const choice =
    typeof protocols === 'function' ? (offered: readonly string[]) => protocols(offered, pending.request) : protocols;
  let protocol: string;
  try {
    protocol = chooseProtocol(pending.upgrade.protocols, choice);
  } catch (error) {
    return pending.fail(error);
  }
  const limits = limitsOf(parts, pending.host);
  const { perMessageDeflate = pending.host.options.perMessageDeflate } = options;
  const deflate = agreeOnDeflate(pending.upgrade.extensions, resolveDeflate(perMessageDeflate));
  pending.accept({ protocol, deflate: deflate && deflate.parameters }, (duplex, head) =>
    openSocket(pending, { duplex, head, protocol, deflate, limits, handler }),
  );
}

/** A route's limits in one app: resolved once, and shared by all its sockets. */
function limitsOf({ options, limits }: RouteParts, host: UpgradeHost): ConnectionLimits {
  const known = limits.get(host);
  if (known !== undefined) return known;
  const resolved = resolveLimits({ ...host.options, ...options });
  limits.set(host, resolved);
  return resolved;
}
