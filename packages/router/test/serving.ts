import { createServer } from 'node:http';
import { listen, type Listening } from '@turnout/test-kit/listen';
import { createRouter } from '../src/index.ts';
import type { CreateRouterOptions, WebSocketRouter } from '../src/index.ts';

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
