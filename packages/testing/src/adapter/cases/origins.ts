import { strictEqual } from 'node:assert';
import type { StageCases } from '../stage.ts';
import { echo } from './echo.ts';
import { routeOf } from './route-of.ts';

const from = (Origin: string) => ({ headers: { Origin } });

const strangers = [
  'https://good.test.evil.com',
  'https://evilgood.test',
  'https://good.test@evil.test',
  'http://good.test',
  'https://good.test:444',
  'https://good.test.',
  'https://xn--god-tna.test',
  'https://127.0.0.1',
].map((origin): [string, StageCases[string]] => [
  `the origin ${origin} is not https://good.test`,
  async (stage) => {
    const { open, refusal } = await stage.serve(({ ws }) => {
      ws('/listed', { options: { origin: ['https://good.test'] }, handler: echo });
    });
    strictEqual((await refusal('/listed', from(origin))).status, 403);
    (await open('/listed', from('https://GOOD.test'))).client.terminate();
  },
]);

/** Which pages may open a WebSocket (RFC 6455 §10.2). */
export const originCases: StageCases = {
  async 'the origin is the app’s own, or one that the route lists'(stage) {
    const { open, refusal, origin } = await stage.serve(({ ws }) => {
      ws('/own', { handler: echo });
      ws('/listed', { options: { origin: ['https://listed.test'] }, handler: echo });
    });
    const { status, body } = await refusal('/own', from('https://evil.test'));
    strictEqual(status, 403);
    strictEqual(body.includes('Origin https://evil.test may not open a WebSocket here'), true, body);
    strictEqual((await refusal('/own', from('null'))).status, 403);
    strictEqual((await refusal('/listed', from('https://evil.test'))).status, 403);
    const allowed = [
      ['/own', origin],
      ['/listed', origin],
      ['/listed', 'https://listed.test'],
    ] as const;
    for (const [path, allowedOrigin] of allowed) (await open(path, from(allowedOrigin))).client.terminate();
  },

  async 'a client without an Origin is not a browser and passes, with or without a cookie'(stage) {
    const { open } = await stage.serve(routeOf('/own', echo));
    (await open('/own')).client.terminate();
    (await open('/own', { headers: { Cookie: 'session=1' } })).client.terminate();
  },

  async 'a forged X-Forwarded-Host does not change the origin'(stage) {
    const { refusal } = await stage.serve(routeOf('/own', echo));
    const forged = {
      Origin: 'https://evil.test',
      'X-Forwarded-Host': 'evil.test',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.test;proto=https',
    };
    strictEqual((await refusal('/own', { headers: forged })).status, 403);
  },

  ...Object.fromEntries(strangers),
};
