import { createServer } from 'node:http';
import { createRouter, type CreateRouterOptions, type WebSocketRouter } from '@turnout/router';
import { listen, type Listening } from './listen.ts';

// For the tests of `@turnout/server`: it is below the router, so a dependency on it would be a cycle.
export { createRouter };
export type { CreateRouterOptions, WebSocketRouter };

/** A router on its own server. */
export async function serveRouter(
  setUp: (router: WebSocketRouter) => void,
  options: CreateRouterOptions = {},
): Promise<Listening & { readonly router: WebSocketRouter; readonly errors: unknown[] }> {
  const errors: unknown[] = [];
  const router = createRouter({ onError: (error) => errors.push(error), ...options });
  setUp(router);
  const server = createServer();
  router.attach(server);
  return { ...(await listen(server)), router, errors };
}
