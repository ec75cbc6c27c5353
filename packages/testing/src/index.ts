/**
 * Tests of WebSocket routes without a port: a client over memory, through the server's real HTTP parser and codec.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { attach } from '@turnout/express';
 * import { connectTo, expectRefused } from '@turnout/testing';
 *
 * const server = createServer(app);
 * attach(server, app);
 *
 * const client = await connectTo(server, '/echo', { session: { user: 'ann' } });
 * client.send('hello');
 * await client.expect('hello');
 * await client.expectNothing();
 *
 * await expectRefused(server, '/echo', 401);
 * ```
 *
 * @module
 */
export { connectTo, expectRefused } from './connect-to.ts';
export type { ClientOptions, Refusal } from './connect-to.ts';
export { TestClient } from './test-client.ts';
export type { Expected, WaitOptions } from './test-client.ts';
