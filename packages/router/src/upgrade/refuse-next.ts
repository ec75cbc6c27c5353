/**
 * What a handler gets that is written like middleware, `(socket, request, next)`: it reports what to do instead.
 *
 * @param path of its request
 * @param report closes the socket, too
 */
export function refuseNext(path: string, report: (error: unknown) => void): (cause?: unknown) => void {
  return (cause) => {
    const error = new TypeError(
      `The handler of the WebSocket at ${path} has called next(): the upgrade is accepted by then, and nothing comes behind. ` +
        'Let middleware before the handler decide, ws(path, middleware, handler), or close the socket',
      cause === undefined || cause === 'route' ? {} : { cause },
    );
    report(error);
  };
}
