import { createRouter } from '@turnout/router';
import { createServer, type Step } from '@turnout/testing/adapter-contract';
import type { RequestHandler } from 'router';
import sirv from 'sirv';
import type { ContractApp, Framework } from './framework.ts';

function middleware(step: Step): RequestHandler {
  return (request, response, next) => {
    void (async () => {
      try {
        await step({
          method: request.method!,
          url: request.url!,
          message: request,
          setHeader: (name, value) => void response.setHeader(name, value),
          answer: (status, text) => {
            response.statusCode = status;
            response.end(text);
          },
        });
        if (!response.headersSent) next();
      } catch (error) {
        next(error as Error);
      }
    })();
  };
}

export const nodeHttp: Framework = {
  name: 'node:http',
  speaksHttp2: true,
  knowsProxies: false,
  create(options): ContractApp {
    const router = createRouter(options);
    return {
      use: (step) => void router.use(middleware(step)),
      ws: (path, { options: routeOptions = {}, steps = [], handler }) => {
        router.ws(path, routeOptions, ...steps.map(middleware), (socket, request) =>
          handler(socket, {
            params: request.params as Record<string, string>,
            url: request.originalUrl!,
            session: undefined,
          }),
        );
      },
      get: (path, text) => void router.get(path, (_request, response) => void response.end(text)),
      serveFiles: (folder) => void router.use(sirv(folder)),
      // There is no session for node:http alone: express-session is tested with Express.
      useSessions: () => {},
      runWith: (storage) => void router.use((request, _response, next) => storage.run(request.url!, next)),
      holdAnswer: () => {},
      createServer: async (transport) => {
        const server = createServer(transport);
        router.attach(server);
        return server;
      },
      close: (closeOptions) => router.close(closeOptions),
      sockets: router.sockets,
      disconnectUser: (user) => router.disconnectUser(user),
    };
  },
};
