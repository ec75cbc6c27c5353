import type { IncomingMessage, ServerResponse } from 'node:http';
import { pendingUpgradeOf, targetWithoutFile } from '@turnout/server/adapter';
import { AnswerWatch } from './answer-watch.ts';
import { beginRoute, noteWatchedRoute } from './hide-http-routes.ts';
import { stackOf } from './claims-target.ts';

type Next = (signal?: unknown) => void;
type Run = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

/** The used part of a layer of pillarjs/router; in Express 4 the method has another name. */
interface RunningLayer {
  readonly route?: object | undefined;
  readonly handle: Run;
  handleRequest?: Run;
  handle_request?: Run;
}

const watched = new WeakSet<object>();

/**
 * Makes the middleware among these layers, and below them, pass an upgrade on if it would answer with the file at its
 * path, as `express.static` does.
 *
 * We keep no list of file middleware. Middleware that answers with the file at the path is run twice more: with another
 * spelling of the path, for which only a file lookup gives the same file, and with a path below it, where no file
 * exists. If it calls `next()` there, the upgrade passes. Middleware that answers for another reason, such as a page
 * for users who are not logged in, fails one of the two, and its answer stands.
 */
export function passFiles(stack: readonly unknown[]): void {
  for (const layer of stack as readonly RunningLayer[]) {
    if (watched.has(layer)) continue;
    watched.add(layer);
    const name = layer.handleRequest === undefined ? 'handle_request' : 'handleRequest';
    const run = layer[name]!.bind(layer);
    if (layer.route !== undefined) noteWatchedRoute(layer.route);
    layer[name] = (request, response, next) => {
      if (pendingUpgradeOf(request) === undefined) return run(request, response, next);
      if (layer.route !== undefined) {
        beginRoute(request);
        return run(request, response, next);
      }
      const inner = stackOf(layer.handle);
      if (inner === undefined) return tryToPass({ request, response, run }, next);
      passFiles(inner);
      return run(request, response, next);
    };
  }
}

interface Middleware {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly run: Run;
}

function tryToPass({ request, response, run }: Middleware, next: Next): void {
  const askBelow = (): void =>
    runAt(request, targetWithoutFile(request.url!), (pass) => run(request, response, pass(next)));
  const askByAlias = (alias: string): void => {
    const answerAgain = (): void => void run(request, response, next);
    runAt(request, alias, (pass) => tryOnce(askBelow, pass(answerAgain)));
  };
  const tryOnce = (onFile: (alias: string) => void, onNext: Next): void => {
    let isTakenBack = false;
    const release = AnswerWatch.over(request, response).begin((alias) => {
      isTakenBack = true;
      // Not from inside the middleware's own call.
      process.nextTick(() => {
        if (!pendingUpgradeOf(request)!.isUndecided) return;
        if (alias === undefined) askBelow();
        else onFile(alias);
      });
    });
    run(request, response, (signal) => {
      if (isTakenBack) return;
      release();
      onNext(signal);
    });
  };
  tryOnce(askByAlias, next);
}

/**
 * Runs a function while the request shows another target. The original target is restored when it returns or passes the
 * request on.
 */
function runAt(request: IncomingMessage, target: string, run: (pass: (next: Next) => Next) => void): void {
  const { url } = request;
  let isRestored = false;
  const restore = (): void => {
    if (!isRestored) request.url = url;
    isRestored = true;
  };
  request.url = target;
  run((next) => (signal) => {
    restore();
    next(signal);
  });
  restore();
}
