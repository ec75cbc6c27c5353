import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { inTime } from '../src/in-time.ts';

test('an answer that arrived while the event loop was blocked is in time', async () => {
  const server = createServer((socket) => socket.end('answer')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  const answer = once(client, 'data').then(([bytes]) => String(bytes));
  const result = inTime(answer, 50);
  for (const end = performance.now() + 200; performance.now() < end;);
  expect(await result).toBe('answer');
});

test('a missing answer is a TOPIC_ERR_TIMEOUT', async () => {
  await expect(inTime(new Promise(() => {}), 10)).rejects.toMatchObject({ code: 'TOPIC_ERR_TIMEOUT' });
});
