import { setTimeout as delay } from 'node:timers/promises';
import { transports } from '@turnout/testing/adapter-contract';
import { expect, onTestFinished, test } from 'vitest';
import type { ContractApp } from './framework.ts';
import { frameworks } from './frameworks.ts';
import { serve, type Serving } from './serving.ts';

/** What the README of each WebSocket layer should say, determined by trying it. */
const questions: Record<string, (server: Serving) => Promise<string>> = {
  'middleware denies: the client sees': async (server) => {
    const { status, headers, body } = await server.refusal('/deny');
    return `HTTP ${status}, ${body === 'Log in first' ? 'its body' : 'no body'}, ${headers['x-why'] === 'login' ? 'its headers' : 'no headers'}`;
  },
  'a path without a route': async (server) => `HTTP ${(await server.refusal('/nothing')).status}`,
  'a message sent at once, while middleware waits': async (server) => {
    const { client, next } = await server.open('/slow');
    client.send('early');
    return (await next()) === 'early' ? 'kept' : 'lost';
  },
  'a cookie that middleware sets': async (server) => {
    const { headers } = await server.open('/echo');
    return headers['set-cookie']?.[0] === 'visited=1' ? 'on the 101' : 'lost';
  },
  'a page of another site': async (server) => {
    const { status } = await server.refusal('/echo', { headers: { Origin: 'http://evil.example' } });
    return `HTTP ${status}`;
  },
  'the client offers subprotocols a and b, the route speaks b': async (server) =>
    (await server.open('/protocol', { protocols: ['a', 'b'] })).client.protocol,
  'a handler throws': async (server) => `closed with ${(await (await server.open('/throws')).closed).code}, reported`,
  'an asynchronous listener of messages throws': async (server) => {
    const { client, closed } = await server.open('/listener');
    client.send('x');
    return `closed with ${(await closed).code}, reported`;
  },
  'the app closes': async (server) => {
    const { closed } = await server.open('/echo');
    await server.app.close();
    return `closed with ${(await closed).code}`;
  },
};

function setUp(app: ContractApp): void {
  app.use(({ setHeader }) => setHeader('Set-Cookie', 'visited=1'));
  const echo: Parameters<ContractApp['ws']>[1]['handler'] = (socket) => {
    socket.on('message', (data) => socket.send(data.toString()));
  };
  app.ws('/echo', { handler: echo });
  app.ws('/slow', { steps: [async () => delay(50)], handler: echo });
  app.ws('/protocol', { options: { protocols: ['b'] }, handler: echo });
  app.ws('/deny', {
    steps: [
      ({ setHeader, answer }) => {
        setHeader('X-Why', 'login');
        answer(401, 'Log in first');
      },
    ],
    handler: echo,
  });
  app.ws('/throws', {
    handler: () => {
      throw new Error('In the handler');
    },
  });
  app.ws('/listener', {
    handler: (socket) => {
      socket.on('message', async () => Promise.reject(new Error('In a listener')));
    },
  });
}

test('the behaviour is documented, and is the same in every framework', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
  });
  const columns: string[][] = [];
  for (const framework of frameworks) {
    const server = await serve(framework, transports.http, setUp);
    const answers: string[] = [];
    for (const ask of Object.values(questions)) answers.push(await ask(server));
    columns.push(answers);
    expect(server.errors).toHaveLength(2);
  }
  expect(unhandled).toEqual([]);
  expect(columns.every((answers) => answers.join() === columns[0]!.join())).toBe(true);
  const names = frameworks.map(({ name }) => name).join(', ');
  const rows = Object.keys(questions).map((question, index) => `| ${question} | ${columns[0]![index]} |`);
  const document = [
    '# What happens',
    '',
    `Found out by \`test/contract/behaviour.test.ts\`, which asks each of them: ${names}.`,
    '',
    '| | |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
  await expect(document).toMatchFileSnapshot('../../docs/what-happens.md');
});
