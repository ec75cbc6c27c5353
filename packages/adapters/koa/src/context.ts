import type { Context, DefaultContext, DefaultState, Middleware as KoaMiddleware, ParameterizedContext } from 'koa';

/** The Koa context of a WebSocket route, with the parameters of its path. */
export type RouteContext<Params = Record<string, string>> = ParameterizedContext<
  DefaultState,
  DefaultContext & { params: Params }
>;

/** Koa middleware. It runs before the 101. */
export type Middleware<Params = Record<string, string>> = KoaMiddleware<
  DefaultState,
  DefaultContext & { params: Params }
>;

const contexts = new WeakMap<object, Context>();

/** Remembers the context of a request, which Koa does not. */
export function noteContext(context: Context): void {
  contexts.set(context.req, context);
}

export function contextOf(request: object): Context | undefined {
  return contexts.get(request);
}

/** @throws {TypeError} if Koa has not got the request yet */
export function requireContext(request: object): Context {
  const context = contextOf(request);
  if (context === undefined) throw new TypeError('Invalid request: expected an upgrade that Koa serves');
  return context;
}
