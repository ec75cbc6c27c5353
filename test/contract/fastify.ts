import type { Server } from 'node:http';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { turnout, type TurnoutOptions } from '@turnout/fastify';
import { pendingUpgradeOf } from '@turnout/router/adapter';
import { type Step } from '@turnout/testing/adapter-contract';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ContractApp, Framework, SessionRoute, SessionRecords, SessionSetUp } from './framework.ts';

function hook(step: Step) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    await step({
      method: request.method,
      url: request.url,
      message: request.raw,
      setHeader: (name, value) => void reply.header(name, value),
      answer: (status, text) => void reply.code(status).send(text),
    });
    return reply.sent ? reply : undefined;
  };
}

export const fastify: Framework = {
  name: 'fastify',
  speaksHttp2: true,
  knowsProxies: true,
  create({ trustsProxy = false, ...options }): ContractApp {
    // Fastify needs its server's options first and its routes later: so the calls wait for the server.
    const calls: ((app: FastifyInstance) => void | Promise<void>)[] = [];
    let app: FastifyInstance | undefined;
    return {
      use: (step) => void calls.push((instance) => void instance.addHook('onRequest', hook(step))),
      ws: (path, { options: routeOptions = {}, session: change, steps = [], handler }) => {
        const add = (instance: FastifyInstance): void => {
          instance.ws(
            path,
            { ...routeOptions, preHandler: [changeSession(change), ...steps.map(hook)] },
            (socket, request) =>
              handler(socket, {
                params: request.params as Record<string, string>,
                url: request.originalUrl,
                session: request.session as unknown as Record<string, unknown>,
              }),
          );
        };
        calls.push(add);
      },
      get: (path, text) => void calls.push((instance) => void instance.get(path, async () => text)),
      useSessions: (records, setUp = {}) => {
        calls.push((instance) => useSessions(instance, records, setUp));
      },
      runWith: (storage) => {
        calls.push((instance) => {
          instance.addHook('onRequest', (request, _reply, done) => storage.run(request.url, done));
        });
      },
      holdAnswer: (step) => {
        calls.push((instance) => {
          instance.addHook('onSend', async (request) => {
            if (pendingUpgradeOf(request.raw) !== undefined) await step();
          });
        });
      },
      createServer: async ({ version, tls }): Promise<Server> => {
        const https = tls && { ...tls, allowHTTP1: true };
        const serverOptions = {
          trustProxy: trustsProxy,
          ...(version === 2 && { http2: true }),
          ...(https && { https }),
        };
        app = Fastify(serverOptions as object) as unknown as FastifyInstance;
        await app.register(turnout, options as TurnoutOptions);
        for (const call of calls) await call(app);
        await app.ready();
        return app.server;
      },
      close: () => app!.close(),
      disconnectUser: (user) => app!.disconnectUser(user),
      get sockets() {
        return app!.sockets;
      },
    };
  },
};

declare module 'fastify' {
  interface Session {
    user?: string;
  }
}

function changeSession(change: SessionRoute['session']) {
  return async (request: FastifyRequest): Promise<void> => {
    if (change === 'begin') request.session.user = 'new';
    if (change === 'renew') await request.session.regenerate(['user']);
  };
}

async function useSessions(app: FastifyInstance, records: SessionRecords, setUp: SessionSetUp): Promise<void> {
  const { maxAge = 60_000, isAlwaysSaved: rolling = false, afterRead } = setUp;
  const store = {
    get: (id: string, callback: (error: unknown, session?: never) => void) => {
      const found = JSON.parse(records.get(id) ?? 'null') as never;
      const answer = (): unknown => setImmediate(callback, null, found);
      if (afterRead === undefined) answer();
      else void afterRead().then(answer, callback);
    },
    set: (id: string, value: object, callback: () => void) => {
      records.set(id, JSON.stringify(value));
      setImmediate(callback);
    },
    destroy: (id: string, callback: () => void) => {
      records.delete(id);
      setImmediate(callback);
    },
  };
  await app.register(cookie);
  await app.register(session, {
    secret: 'a secret of more than thirty-two characters',
    saveUninitialized: false,
    rolling,
    store,
    cookie: { maxAge, secure: false },
  });
  app.get('/login', async (request) => {
    request.session.user = 'ann';
    return request.session;
  });
  app.get('/logout', async (request) => {
    await request.session.destroy();
    return {};
  });
  app.get('/renew', async (request) => {
    await request.session.regenerate(['user']);
    return {};
  });
  app.get('/session', async (request) => request.session);
}
