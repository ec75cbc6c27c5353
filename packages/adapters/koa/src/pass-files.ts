import { aliasOfFile, targetWithoutFile } from '@turnout/router/adapter';
import type { Context, Middleware } from 'koa';

/** What Koa keeps of an answer beside its headers, and its types leave out. */
interface ExplicitResponse {
  _explicitStatus?: unknown;
}

/**
 * Has middleware pass an upgrade on where it would answer with the file that stands at its path, as `koa-static` does.
 *
 * Middleware that answers with the file at the path is asked twice more: whether it gives the same file for another
 * spelling of its path, as only what looks for a file does, and then at a path below, where no file stands. If it goes
 * on there, so does the upgrade. What answers for another reason fails the one or the other, and its answer stands.
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

/** Returns a function that makes the answer of a context what it is now, without a body. */
function rememberAnswer(context: Context): () => void {
  const explicit = context.response as unknown as ExplicitResponse;
  const { _explicitStatus: isExplicit } = explicit;
  const { statusCode } = context.res;
  const headers = context.res.getHeaders();
  return () => {
    // Else Koa writes `null` as JSON. It destroys the stream.
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
 * Has something look at a context as if it were for another target. What it looks at later, or passes the context on
 * to, sees the one that was asked for.
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
