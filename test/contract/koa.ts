import type { RequestListener } from 'node:http';
import Router from '@koa/router';
import { attach, turnout, withWs, type Middleware, type TurnoutOptions } from '@turnout/koa';
import { pendingUpgradeOf } from '@turnout/router/adapter';
import { createServer, type Step } from '@turnout/testing/adapter-contract';
import Koa from 'koa';
import session from 'koa-session';
import serveFiles from 'koa-static';
import type { ContractApp, CreateOptions, Framework, SessionRoute, SessionRecords, SessionSetUp } from './framework.ts';

function middleware(step: Step): Middleware {
  return async (context, next) => {
    let isAnswered = false;
    await step({
      method: context.method,
      url: context.url,
      message: context.req,
      setHeader: (name, value) => context.set(name, value),
      answer: (status, text) => {
        isAnswered = true;
        context.status = status;
        context.body = text;
      },
    });
    if (!isAnswered) await next();
  };
}

interface Owner {
  readonly ws: ReturnType<typeof turnout>['ws'];
}

interface Routes {
  readonly owner: Owner;
  readonly get: ContractApp['get'];
  readonly use: (middleware: Koa.Middleware) => void;
}

function createApp(create: (app: Koa) => Routes): Framework['create'] {
  return ({ trustsProxy = false, ...options }: CreateOptions): ContractApp => {
    const app = turnout(new Koa({ proxy: trustsProxy }), options as TurnoutOptions);
    // Koa's own error reporting, which prints without a listener.
    app.on('error', () => {});
    const { owner, get, use } = create(app);
    return {
      use: (step) => use(middleware(step) as Koa.Middleware),
      serveFiles: (folder) => use(serveFiles(folder)),
      ws: (path, { options: routeOptions = {}, session: change, steps = [], handler }) => {
        owner.ws(path, routeOptions, changeSession(change), ...steps.map(middleware), (socket, context) =>
          handler(socket, { params: context.params, url: context.originalUrl, session: sessionOf(context) }),
        );
      },
      get,
      useSessions: (records, setUp = {}) => useSessions(app, records, setUp),
      runWith: (storage) => use((context, next) => storage.run(context.url, next)),
      holdAnswer: (step) => {
        app.use(async (context, next) => {
          await next();
          if (pendingUpgradeOf(context.req) !== undefined) await step();
        });
      },
      createServer: async (transport) => {
        const server = createServer(transport, app.callback() as unknown as RequestListener);
        attach(server, app);
        return server;
      },
      close: (closeOptions) => app.close(closeOptions),
      sockets: app.sockets,
      disconnectUser: (user) => app.disconnectUser(user),
    };
  };
}

interface SessionContext {
  session?: (Record<string, unknown> & { toJSON(): object; regenerate(): Promise<void> }) | null | undefined;
}

function sessionOf(context: object): Record<string, unknown> | null | undefined {
  return 'sessionOptions' in context ? (context as SessionContext).session : undefined;
}

function changeSession(change: SessionRoute['session']): Middleware {
  return async (context, next) => {
    const owner = context as unknown as SessionContext;
    if (change === 'begin') owner.session!['user'] = 'new';
    if (change === 'renew') await owner.session!.regenerate();
    await next();
  };
}

function useSessions(app: Koa, records: SessionRecords, setUp: SessionSetUp): void {
  const { maxAge = 60_000, isAlwaysSaved: rolling = false, afterRead } = setUp;
  app.keys = ['secret'];
  const store = {
    get: async (id: string) => {
      const session = JSON.parse(records.get(id) ?? 'null') as object | null;
      await afterRead?.();
      return session;
    },
    set: async (id: string, value: object) => void records.set(id, JSON.stringify(value)),
    destroy: async (id: string) => void records.delete(id),
  };
  app.use(session({ store, maxAge, rolling } as object, app) as Koa.Middleware);
  app.use(async (context, next) => {
    const owner = context as unknown as SessionContext;
    if (context.path === '/login') owner.session!['user'] = 'ann';
    else if (context.path === '/logout') owner.session = null;
    else if (context.path === '/renew') await owner.session!.regenerate();
    else if (context.path !== '/session') return next();
    context.body = owner.session?.toJSON() ?? {};
  });
}

export const koa: Framework = {
  name: 'koa',
  speaksHttp2: true,
  knowsProxies: true,
  create: createApp((app) => ({
    use: (one) => void app.use(one),
    owner: app as unknown as Owner,
    get: (path, text) => {
      // As app.ws() matches by default.
      const pages = new Router({ sensitive: true, strict: true });
      pages.get(path, (context) => {
        context.body = text;
      });
      app.use(pages.routes() as Koa.Middleware);
    },
  })),
};

export const koaRouter: Framework = {
  name: '@koa/router',
  speaksHttp2: true,
  knowsProxies: true,
  create: createApp((app) => {
    const router = withWs(new Router());
    // Added with its first route or middleware, so that sessions come before it.
    let isUsed = false;
    const use = (): void => {
      if (!isUsed) app.use(router.routes() as Koa.Middleware);
      isUsed = true;
    };
    return {
      // A router's middleware must see the same as the app's.
      use: (one) => {
        use();
        router.use(one);
      },
      owner: {
        ws: (...args: Parameters<Owner['ws']>) => {
          use();
          return (router.ws as unknown as Owner['ws'])(...args);
        },
      } as Owner,
      get: (path, text) => {
        use();
        router.get(path, (context) => {
          context.body = text;
        });
      },
    };
  }),
};
