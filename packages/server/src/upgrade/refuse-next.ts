/**
 * The `next` for a handler written like middleware, `(socket, request, next)`: it reports what to do instead.
 *
 * @param path of the request
 * @param report reports the error and closes the socket
 */
export function refuseNext(path: string, report: (error: unknown) => void): (cause?: unknown) => void {
  return (cause) => {
    const error = new TypeError(
      `The handler of the WebSocket at ${path} called next(), but the upgrade is accepted and no handler follows. ` +
        'Decide in middleware before it, ws(path, middleware, handler), or close the socket',
      cause === undefined || cause === 'route' ? {} : { cause },
    );
    report(error);
  };
}
