import type { IncomingMessage, ServerResponse } from 'node:http';
import { pendingUpgradeOf, targetOf, targetWithoutFile, type PendingUpgrade } from '@turnout/server/adapter';
import { AnswerWatch } from './answer-watch.ts';
import { beginRoute, noteWatchedRoute } from './hide-http-routes.ts';
import { stackOf } from './claims-target.ts';

type Next = (signal?: unknown) => void;
type Run = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

/** The used part of a layer of pillarjs/router; in Express 4 the method has another name. */
type RunningLayer = { readonly route?: object | undefined; readonly handle: Run } & (
  | { handleRequest: Run }
  | { handle_request: Run }
);

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
    if (layer.route !== undefined) noteWatchedRoute(layer.route);
    if ('handleRequest' in layer) layer.handleRequest = passing(layer, layer.handleRequest.bind(layer));
    else layer.handle_request = passing(layer, layer.handle_request.bind(layer));
  }
}

/** The method of a layer that runs it. */
function passing(layer: RunningLayer, run: Run): Run {
  return (request, response, next) => {
    const pending = pendingUpgradeOf(request);
    if (pending === undefined) return run(request, response, next);
    if (layer.route !== undefined) {
      beginRoute(request);
      return run(request, response, next);
    }
    const inner = stackOf(layer.handle);
    if (inner === undefined) return tryToPass({ pending, request, response, run }, next);
    passFiles(inner);
    return run(request, response, next);
  };
}

interface Middleware {
  readonly pending: PendingUpgrade;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly run: Run;
}

function tryToPass({ pending, request, response, run }: Middleware, next: Next): void {
  const askBelow = (): void =>
    runAt(request, targetWithoutFile(targetOf(request)), (pass) => run(request, response, pass(next)));
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
        if (!pending.isUndecided) return;
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
