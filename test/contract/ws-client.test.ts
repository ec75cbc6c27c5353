import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { transports } from '@turnout/testing/adapter-contract';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { frameworks } from './frameworks.ts';
import { serve } from './serving.ts';

// The suite's own client uses Turnout's codec at both ends.
describe.each(frameworks)('the client of ws and an app of $name', (framework) => {
  test.each(['http', 'https'] as const)('understand each other over %s', async (transport) => {
    const { origin } = await serve(framework, transports[transport], ({ ws }) => {
      ws('/echo', {
        options: { protocols: ['chat'], perMessageDeflate: true },
        handler: (socket) => void socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
      });
      ws('/closed', { steps: [({ answer }) => answer(401, 'Log in first')], handler: () => {} });
    });
    const dial = (path: string): WebSocket =>
      new WebSocket(`${origin.replace('http', 'ws')}${path}`, ['chat'], { rejectUnauthorized: false });
    const client = dial('/echo');
    await once(client, 'open');
    expect([client.protocol, client.extensions]).toEqual(['chat', expect.stringContaining('permessage-deflate')]);
    for (const text of ['hello', 'x'.repeat(100_000)]) {
      client.send(text);
      const [data] = (await once(client, 'message')) as [Buffer];
      expect(data.toString()).toBe(text);
    }
    client.close(4000, 'bye');
    const [code, reason] = (await once(client, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4000, 'bye']);
    const refused = dial('/closed').on('error', () => {});
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(401);
    response.destroy();
  });
});
