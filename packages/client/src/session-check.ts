/**
 * Whether the server says that the session has ended: by 401, 403 or a redirect (to a login page), which a browser
 * shows as status 0. A server error, or no answer, says nothing about the session.
 */
export function isSessionOver(url: string | URL, signal: AbortSignal): Promise<boolean> {
  const init = { signal, credentials: 'include', redirect: 'manual', cache: 'no-store' };
  return fetch(url, init as RequestInit).then(
    ({ status }) => /^(0|40[13]|3..)$/.test(`${status}`),
    () => false,
  );
}
