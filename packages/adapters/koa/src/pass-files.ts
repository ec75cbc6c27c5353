import { aliasOfFile, targetWithoutFile } from '@turnout/server/adapter';
import type { Context, Middleware } from 'koa';

/** State of a Koa response that its types lack. */
interface ExplicitResponse {
  _explicitStatus?: unknown;
}

/**
 * Makes middleware pass an upgrade on if it would answer with the file at its path, as `koa-static` does.
 *
 * Middleware that answers with the file at the path is run twice more: with another spelling of the path, for which
 * only a file lookup gives the same file, and with a path below it, where no file exists. If it calls `next()` there,
 * the upgrade passes. Middleware that answers for another reason fails one of the two, and its answer stands.
 */
export function passFiles(middleware: Middleware): Middleware {
  return async (context, next) => {
    let isPassed = false;
    const takeBack = rememberAnswer(context);
    const result: unknown = await middleware(context, () => {
      isPassed = true;
      return next();
    });
    const alias = isPassed ? undefined : aliasOfFile(context.body, context.url);
    if (alias === undefined) return result;
    takeBack();
    await runAt(context, alias, (pass) =>
      middleware(
        context,
        pass(async () => void (isPassed = true)),
      ),
    );
    if (isPassed) return middleware(context, next) as unknown;
    if (aliasOfFile(context.body, context.url) === undefined) return undefined;
    takeBack();
    return runAt(context, targetWithoutFile(context.url), (pass) => middleware(context, pass(next)));
  };
}

/** Returns a function that resets the response of a context to its present state, without a body. */
function rememberAnswer(context: Context): () => void {
  const explicit = context.response as unknown as ExplicitResponse;
  const { _explicitStatus: isExplicit } = explicit;
  const { statusCode } = context.res;
  const headers = context.res.getHeaders();
  return () => {
    // With a JSON type Koa would send `null`. Koa destroys the stream itself.
    context.remove('Content-Type');
    context.body = undefined;
    context.res.statusCode = statusCode;
    explicit._explicitStatus = isExplicit;
    for (const name of context.res.getHeaderNames()) {
      if (!(name in headers)) context.remove(name);
    }
  };
}

type Next = () => Promise<unknown>;

/**
 * Runs a function while the context shows another target. The original target is restored when it returns or calls
 * next.
 */
function runAt(context: Context, target: string, run: (pass: (next: Next) => Next) => unknown): unknown {
  const { url } = context;
  let isRestored = false;
  const restore = (): void => {
    if (!isRestored) context.url = url;
    isRestored = true;
  };
  context.url = target;
  try {
    return run((next) => () => {
      restore();
      return next();
    });
  } finally {
    restore();
  }
}
