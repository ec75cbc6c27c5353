/** @throws {TypeError} if `app` is not a Koa app; the message says what to write instead */
export function assertKoaApp(app: unknown): void {
  const { middleware, callback, createContext } = (app ?? {}) as Record<string, unknown>;
  const isApp = typeof callback === 'function' && typeof createContext === 'function' && Array.isArray(middleware);
  if (typeof app === 'object' && isApp) return;
  throw new TypeError(`Invalid app: expected a Koa app, as new Koa() makes, got ${describe(app)}`);
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return `${value}; write turnout(new Koa())`;
  const { routes, listen } = value as Record<string, unknown>;
  if (typeof value === 'function') return 'a function; write turnout(new Koa()) to give it an app, not the class';
  if (typeof routes === 'function') return 'a router; give turnout() the app, and the router to withWs()';
  if (typeof listen === 'function') return 'a server; give turnout() the app, and then call attach(server, app)';
  return `${typeof value}; write turnout(new Koa())`;
}
