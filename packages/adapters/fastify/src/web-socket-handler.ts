import { isForeignHeader, requirePendingUpgrade, type SendAccept, type WebSocketRoute } from '@turnout/server/adapter';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionFor } from './session.ts';

/** Fastify's requests of upgrades, by Node.js's request. */
const requests = new WeakMap<object, FastifyRequest>();

/** @throws {TypeError} if no route has let the upgrade in */
export function requestOf(message: object): FastifyRequest {
  const request = requests.get(message);
  if (request === undefined) throw new TypeError('Invalid request: expected an upgrade that has reached its route');
  return request;
}

type Gate = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

/** A hook before the route's own hooks: admits upgrades whose Origin is allowed. */
export function createGate(route: WebSocketRoute): Gate {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    requests.set(request.raw, request);
    const pending = requirePendingUpgrade(request.raw);
    pending.watchSession(sessionFor(request));
    const isAdmitted = await route.admits(pending);
    return isAdmitted ? undefined : reply.hijack();
  };
}

/** The handler of the route, after all hooks: accepts the upgrade. */
export function createHandler(route: WebSocketRoute): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const pending = requirePendingUpgrade(request.raw);
    const send: SendAccept = (headers) => {
      for (const name of Object.keys(reply.getHeaders())) {
        if (isForeignHeader(name)) reply.removeHeader(name);
      }
      for (const [name, value] of headers) reply.header(name, value);
      // Through Fastify, so that `onSend` hooks run, which set cookies and save sessions.
      void reply.code(pending.acceptStatus).send();
    };
    route.accept(pending, { context: request, send, session: sessionFor(request) });
    return reply;
  };
}
