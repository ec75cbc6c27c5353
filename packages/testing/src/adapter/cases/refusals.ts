import { deepStrictEqual, strictEqual } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppUnderTest, Step } from '../adapter-under-test.ts';
import type { StageCases } from '../stage.ts';
import { assertHeaders } from './assert-headers.ts';
import { echo } from './echo.ts';

const places = ['app', 'route'] as const;

/**
 * Adds a route behind middleware, the app's or the route's own; returns how often its handler has run.
 */
function guardRoute(app: AppUnderTest, step: Step, place: (typeof places)[number]): { count: number } {
  const entered = { count: 0 };
  if (place === 'app') app.use(step);
  app.ws('/echo', { steps: place === 'route' ? [step] : [], handler: () => void entered.count++ });
  return entered;
}

const guard: Step = ({ method, message, answer }) => {
  if (method === 'GET' || message.method === 'GET') answer(401, 'Log in first');
};

const deny: Step = async ({ setHeader, answer }) => {
  await delay(5);
  setHeader('WWW-Authenticate', 'Cookie');
  answer(401, 'Log in first');
};

const guards = places.map((place): [string, StageCases[string]] => [
  `a guard of GET in the middleware of the ${place} guards a WebSocket as well as a page`,
  async (stage) => {
    let entered = { count: 0 };
    const { refusal, get } = await stage.serve((app) => {
      if (place === 'route') app.get('/page', 'page');
      entered = guardRoute(app, guard, place);
      if (place === 'app') app.get('/page', 'page');
    });
    strictEqual((await refusal('/echo')).status, 401);
    strictEqual((await get('/page')).status, place === 'app' ? 401 : 200);
    strictEqual(entered.count, 0, 'The handler of a guarded route has run');
  },
]);

const answers = places.map((place): [string, StageCases[string]] => [
  `an answer of the middleware of the ${place} refuses the upgrade`,
  async (stage) => {
    let entered = { count: 0 };
    const { app, refusal } = await stage.serve((served) => {
      entered = guardRoute(served, deny, place);
    });
    const { status, headers, body } = await refusal('/echo');
    deepStrictEqual([status, body], [401, 'Log in first']);
    assertHeaders(headers, { 'www-authenticate': 'Cookie' });
    if (stage.transport.version === 1) assertHeaders(headers, { connection: 'close' });
    deepStrictEqual([app.sockets.size, entered.count], [0, 0]);
  },
]);

/** Upgrades that the app's middleware refuses. */
export const refusalCases: StageCases = {
  ...Object.fromEntries([...guards, ...answers]),

  async "an error of the middleware gets the framework's own answer"(stage) {
    const { refusal, get } = await stage.serve((app) => {
      const fail = (error: Error) => () => {
        throw error;
      };
      const forbidden = Object.assign(new Error('Not for you'), { status: 403, statusCode: 403, expose: true });
      app.ws('/forbidden', { steps: [fail(forbidden)], handler: echo });
      app.ws('/broken', { steps: [fail(new Error('secret'))], handler: echo });
      app.get('/page', 'page');
    });
    strictEqual((await refusal('/forbidden')).status, 403);
    strictEqual((await refusal('/broken')).status, 500);
    strictEqual((await get('/page')).body, 'page');
  },
};
