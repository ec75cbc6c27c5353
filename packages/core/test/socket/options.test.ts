import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { connect, MessageRate, WebSocket } from '../../src/index.ts';
import { createPipe, TestServer } from './socket-pair.ts';

const servers: TestServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.http.close();
});

test.each<[object, string]>([
  [{ maxPayLoad: 5 }, 'Unknown option maxPayLoad: did you mean maxPayload?'],
  [{ protocol: 'chat' }, 'Unknown option protocol: did you mean protocols?'],
  [{ handshakeTimeout: 2 ** 31 }, 'Invalid option handshakeTimeout: expected a whole number of 0 to 2147483647 ms'],
  [{ headers: 'Origin: x' }, 'Invalid option headers: expected an object, got string'],
  [{ onError: 'log' }, 'Invalid option onError: expected a function, got string'],
  [{ rate: { messages: 5 } }, 'Invalid option rate: expected a MessageRate, got object'],
  [{ messagesAfterClose: 'keep' }, "Invalid option messagesAfterClose: expected 'drop' or 'deliver', got 'keep'"],
  [{ perMessageDeflate: { level: 5 } }, 'Unknown option perMessageDeflate.level'],
  [{ maxListLength: 5 }, 'Unknown option maxListLength: expected one of'],
])('connect() rejects %o before it dials', async (options, message) => {
  await expect(connect('ws://127.0.0.1:1/', options)).rejects.toThrow(message);
});

test.each<[given: object, message: string]>([
  [{ subprotocols: ['chat'] }, 'Unknown option subprotocols: did you mean protocols?'],
  [{ protocols: 'chat' }, 'Invalid option protocols: expected a list or a function, got string'],
  [{ headers: null }, 'Invalid option headers: expected pairs of a name and a value, got null'],
  [{ headers: { 'X-Name': 'Ada' } }, 'Invalid option headers: expected pairs of a name and a value, got object'],
  [{ headers: 'X-Name: Ada' }, 'Invalid option headers: expected pairs of a name and a value, got string'],
])('accept() rejects %o, and writes nothing', async (given, message) => {
  const failed: unknown[] = [];
  const server = new TestServer(given, createServer());
  servers.push(server);
  const [listener] = server.http.listeners('upgrade');
  server.http.removeAllListeners('upgrade');
  server.http.on('upgrade', (request, duplex, head) => {
    try {
      listener?.(request, duplex, head);
    } catch (error) {
      failed.push(error);
      duplex.destroy();
    }
  });
  await server.listen();
  await expect(connect(`ws://127.0.0.1:${server.port}/`)).rejects.toThrow('Cannot connect');
  expect(failed).toMatchObject([{ name: 'TypeError', message }]);
});

test('connect() limits the server to a rate, and delivers messages after close() if messagesAfterClose is deliver', async () => {
  const server = new TestServer();
  servers.push(server);
  await server.listen();
  const rate = new MessageRate({ messages: 1, patience: 0 });
  const limited = await server.open({ rate });
  for (let number = 0; number < 4; number++) limited.server.send('too fast');
  limited.client.on('message', () => {});
  expect((await limited.client.closed).code).toBe(1008);

  const late = await server.open({ messagesAfterClose: 'deliver' });
  const received: string[] = [];
  late.client.on('message', (data) => received.push(data.toString()));
  late.server.on('close', () => {});
  late.server.pause();
  late.client.close(1000);
  late.server.send('late');
  late.server.resume();
  await late.client.closed;
  expect(received).toEqual(['late']);
});

test('a WebSocket rejects a value that is not a Duplex, and unknown options', () => {
  const dial = WebSocket as unknown as new (address: string) => WebSocket;
  const message = 'Invalid duplex: expected a Duplex, got string; to dial a server, call connect(url)';
  expect(() => new dial('ws://localhost/')).toThrow(new TypeError(message));
  const [duplex] = createPipe();
  const create = (options: object): WebSocket => new WebSocket(duplex, { role: 'server', ...options });
  expect(() => create({ limit: {} })).toThrow('Unknown option limit: did you mean limits?');
  expect(() => create({ limits: { maxPayLoad: 5 } })).toThrow('Unknown option maxPayLoad: did you mean maxPayload?');
  expect(() => create({ role: 'peer' })).toThrow("Invalid option role: expected 'server' or 'client', got 'peer'");
});

test('a rate never requires a wait that is too long for a timer', () => {
  const rate = new MessageRate({ bytes: 1 });
  expect(rate.count(16 * 1024 * 1024, 0)).toBe(2 ** 31 - 1);
});
