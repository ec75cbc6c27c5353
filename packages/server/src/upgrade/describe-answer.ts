/**
 * Says why an upgrade that the app answered is refused, and what to do about it.
 *
 * @param isRouted whether a WebSocket route matches its path
 */
export function describeAnswer(status: number, isRouted: boolean): string {
  if (status >= 500) return 'the app answered with an error';
  if (status === 404 && !isRouted) return 'no WebSocket route of the app matches this path';
  if (status >= 400) return 'middleware of the app has refused it';
  const remedy = 'put the middleware that answers it after the WebSocket routes, or refuse with 401 or 403';
  if (status >= 300) return `the app answered with a redirect, which WebSocket clients do not follow: ${remedy}`;
  return `the app answered as if the request were for a page: ${remedy}`;
}
