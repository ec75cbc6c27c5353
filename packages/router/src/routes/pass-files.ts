import type { IncomingMessage, ServerResponse } from 'node:http';
import { AnswerTrial } from './answer-trial.ts';
import { targetWithoutFile } from '../upgrade/file-answer.ts';
import { beginRoute, noteWatchedRoute } from './hide-http-routes.ts';
import { pendingUpgradeOf } from '../upgrade/pending-upgrade.ts';
import { stackOf } from './claims-target.ts';

type Next = (signal?: unknown) => void;
type Run = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

/** What is looked at of a layer of pillarjs/router; in Express 4 the method has another name. */
interface RunningLayer {
  readonly route?: object | undefined;
  readonly handle: Run;
  handleRequest?: Run;
  handle_request?: Run;
}

const watched = new WeakSet<object>();

/**
 * Has the middleware among these layers, and below them, pass an upgrade on where it would answer with the file that
 * stands at its path, as `express.static` does: a WebSocket is no file.
 *
 * No list says what serves files. Middleware that answers with the file at the path is asked twice more: whether it
 * gives the same file for another spelling of its path, as only what looks for a file does, and then at a path below,
 * where no file stands. If it goes on there, so does the upgrade. What answers for another reason, a page for who has
 * not logged in say, fails the one or the other, and its answer stands.
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
    const trial = new AnswerTrial(request, response, (alias) => {
      isTakenBack = true;
      // Not from within what it does just now.
      process.nextTick(() => {
        if (!pendingUpgradeOf(request)!.isUndecided) return;
        if (alias === undefined) askBelow();
        else onFile(alias);
      });
    });
    run(request, response, (signal) => {
      if (isTakenBack) return;
      trial.release();
      onNext(signal);
    });
  };
  tryOnce(askByAlias, next);
}

/**
 * Has something look at a request as if it were for another target. What it looks at later, or passes the request on
 * to, sees the one that was asked for.
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
