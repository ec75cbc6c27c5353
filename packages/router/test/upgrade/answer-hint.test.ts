import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatHandshake, RawClient, statusOf } from '../raw-client.ts';
import { serveRouter } from '../serving.ts';

beforeEach(() => {
  vi.resetModules();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A fresh one, which has told of nothing yet. */
async function load(): Promise<(url: string, status: number) => void> {
  const { hintAtAnswer } = await import('../../src/upgrade/answer-hint.ts');
  return (url, status) => hintAtAnswer({ url } as IncomingMessage, status);
}

describe('the hint', () => {
  test('tells of each path and status once, and what to do', async () => {
    const hint = await load();
    for (const url of ['/chat?token=secret', '/chat', '/other']) hint(url, 200);
    hint('/chat', 302);
    expect(vi.mocked(console.warn).mock.calls).toEqual([
      [
        'turnout: /chat was asked for a WebSocket and answered with 200; put the middleware that answers it behind the WebSocket routes, or refuse with 401 or 403',
      ],
      [
        'turnout: /other was asked for a WebSocket and answered with 200; put the middleware that answers it behind the WebSocket routes, or refuse with 401 or 403',
      ],
      [
        'turnout: /chat was asked for a WebSocket and answered with 302; clients do not follow redirects: refuse with 401 or 403, or put the middleware behind the WebSocket routes',
      ],
    ]);
  });

  test('says nothing of a refusal, nor in production', async () => {
    const hint = await load();
    for (const status of [400, 401, 404, 500]) hint('/', status);
    vi.stubEnv('NODE_ENV', 'production');
    hint('/', 200);
    expect(console.warn).not.toHaveBeenCalled();
  });

  test('is given for so many paths, and no more, whatever clients ask for', async () => {
    const hint = await load();
    for (let index = 0; index < 100; index++) hint(`/${index}`, 200);
    expect(console.warn).toHaveBeenCalledTimes(20);
  });
});

test('an upgrade that the app answers as a page is told to the developer, and to who watches', async () => {
  const { subscribe, unsubscribe } = await import('node:diagnostics_channel');
  const reasons: string[] = [];
  const note = (message: unknown): void => void reasons.push((message as { reason: string }).reason);
  subscribe('turnout:refuse', note);
  const { port } = await serveRouter((router) => {
    router.use((request, response) => {
      response.statusCode = Number(request.url!.slice(1));
      response.end();
    });
  });
  for (const status of [299, 399, 499]) {
    expect(statusOf(await RawClient.exchange(port, formatHandshake({ target: `/${status}` })))).toBe(status);
  }
  unsubscribe('turnout:refuse', note);
  expect(reasons).toEqual([
    'The app has answered with success, as if it were asked for a page',
    'The app has answered with a redirect, which WebSocket clients do not follow',
    'The app has answered',
  ]);
  expect(console.warn).toHaveBeenCalledTimes(2);
});
