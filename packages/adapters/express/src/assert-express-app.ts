/** @throws {TypeError} if `app` is not an Express app; the message says what to write instead */
export function assertExpressApp(app: unknown): void {
  const { set, handle } = (app ?? {}) as Record<string, unknown>;
  if (typeof app === 'function' && typeof set === 'function' && typeof handle === 'function') return;
  throw new TypeError(`Invalid app: expected an Express app, as express() makes, got ${describe(app)}`);
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return `${value}; write turnout(express())`;
  const { application, handle, listen } = value as Record<string, unknown>;
  if (typeof value === 'function' && application !== undefined) {
    return 'express itself, which was not called; write turnout(express())';
  }
  if (typeof handle === 'function') {
    return 'a router; give turnout() the app, and make routers by Router() of @turnout/express';
  }
  if (typeof listen === 'function') return 'a server; give turnout() the app, and then call attach(server, app)';
  return `${typeof value}; write turnout(express())`;
}
