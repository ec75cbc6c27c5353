import { attach, turnout } from '@turnout/express';
import { pendingUpgradeOf } from '@turnout/router/adapter';
import { createServer, type Exchange, type Step } from '@turnout/testing/adapter-contract';
import type { NextFunction, Request, RequestHandler, Response, Express } from 'express';
import session, { Store, type SessionData } from 'express-session';
import type { ContractApp, Framework, SessionRoute, SessionRecords, SessionSetUp } from './framework.ts';

function middleware(step: Step): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const exchange: Exchange = {
      method: request.method,
      url: request.url,
      message: request,
      setHeader: (name, value) => void response.setHeader(name, value),
      answer: (status, text) => void response.status(status).type('text').send(text),
    };
    void (async () => {
      try {
        await step(exchange);
        if (!response.headersSent) next();
      } catch (error) {
        next(error);
      }
    })();
  };
}

interface ExpressLike {
  (): Express;
  static(folder: string): unknown;
}

export function expressFramework(name: string, express: ExpressLike): Framework {
  return {
    name,
    speaksHttp2: false,
    knowsProxies: true,
    create({ trustsProxy = false, ...options }): ContractApp {
      const app = turnout(express(), options);
      app.set('trust proxy', trustsProxy);
      app.set('env', 'test');
      return {
        use: (step) => void app.use(middleware(step)),
        ws: (path, { options: routeOptions = {}, session: change, steps = [], handler }) => {
          app.ws(path, routeOptions, changeSession(change), ...steps.map(middleware), (socket, request: Request) =>
            handler(socket, { params: request.params, url: request.originalUrl, session: request.session as never }),
          );
        },
        get: (path, text) => void app.get(path, (_request, response) => void response.send(text)),
        serveFiles: (folder) => void app.use(express.static(folder) as RequestHandler),
        useSessions: (records, setUp = {}) => useSessions(app, records, setUp),
        runWith: (storage) => void app.use((request, _response, next) => storage.run(request.url, next)),
        holdAnswer: (step) => void app.use(holdAnswer(step)),
        createServer: async (transport) => {
          const server = createServer(transport, app);
          attach(server, app);
          return server;
        },
        close: (closeOptions) => app.close(closeOptions),
        sockets: app.sockets,
        disconnectUser: (user) => app.disconnectUser(user),
      };
    },
  };
}

declare module 'express-session' {
  interface SessionData {
    user: string;
  }
}

/** Delays the response, like middleware that compresses or saves something first. */
function holdAnswer(step: () => Promise<void>): RequestHandler {
  return (request, response, next) => {
    const end = response.end.bind(response) as (...args: unknown[]) => Response;
    const held = (...args: unknown[]): Response => {
      void step().then(() => end(...args));
      return response;
    };
    if (pendingUpgradeOf(request) !== undefined) response.end = held as Response['end'];
    next();
  };
}

function changeSession(change: SessionRoute['session']): RequestHandler {
  return (request, _response, next) => {
    if (change === 'begin') request.session.user = 'new';
    if (change !== 'renew') return next();
    const { user } = request.session;
    request.session.regenerate(() => {
      request.session.user = user!;
      next();
    });
  };
}

class SharedStore extends Store {
  readonly #records: SessionRecords;
  readonly #afterRead: SessionSetUp['afterRead'];

  constructor(records: SessionRecords, afterRead: SessionSetUp['afterRead']) {
    super();
    this.#records = records;
    this.#afterRead = afterRead;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const session = JSON.parse(this.#records.get(id) ?? 'null') as SessionData | null;
    const answer = (): unknown => setImmediate(callback, null, session);
    if (this.#afterRead === undefined) answer();
    else void this.#afterRead().then(answer, callback);
  }

  override set(id: string, value: SessionData, callback: () => void = () => {}): void {
    this.#records.set(id, JSON.stringify(value));
    setImmediate(callback);
  }

  override destroy(id: string, callback: () => void = () => {}): void {
    this.#records.delete(id);
    setImmediate(callback);
  }
}

function useSessions(app: Express, records: SessionRecords, setUp: SessionSetUp): void {
  const { maxAge = 60_000, isAlwaysSaved: resave = false, afterRead } = setUp;
  const store = new SharedStore(records, afterRead);
  app.use(session({ secret: 'secret', resave, saveUninitialized: false, store, cookie: { maxAge } }));
  app.get('/login', (request, response) => {
    request.session.user = 'ann';
    response.json(request.session);
  });
  app.get('/logout', (request, response) => {
    request.session.destroy(() => response.json({}));
  });
  app.get('/renew', (request, response) => {
    const { user } = request.session;
    request.session.regenerate(() => {
      request.session.user = user!;
      response.json({});
    });
  });
  app.get('/session', (request, response) => void response.json(request.session));
}
