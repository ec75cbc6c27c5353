import { createServer } from 'node:http';
import { createRouter } from '@turnout/router';
import { connectTo, type TestClient } from '@turnout/testing';
import type { MessageContract, MessageDefinition } from '../src/index.ts';

export interface Opened {
  readonly client: TestClient;
  readonly errors: unknown[];
}

/** Opens a client of a route with this setup. */
export async function open<Definition extends MessageDefinition>(
  contract: MessageContract<Definition>,
  setUp: Parameters<MessageContract<Definition>['serve']>[1],
): Promise<Opened> {
  const errors: unknown[] = [];
  const router = createRouter({ onError: (error) => errors.push(error) });
  router.ws('/', (socket) => contract.serve(socket, setUp));
  const server = createServer();
  router.attach(server);
  return { client: await connectTo(server, '/'), errors };
}
