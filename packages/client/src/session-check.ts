/**
 * Whether the server says that the session has ended: by 401, 403 or a redirect, to a login page. An error of the server, or
 * none that answers, says nothing of the session.
 */
export async function isSessionOver(url: string | URL, signal: AbortSignal): Promise<boolean> {
  try {
    const init = { signal, credentials: 'include', redirect: 'manual', cache: 'no-store' };
    const { status, type } = await fetch(url, init as RequestInit);
    return type === 'opaqueredirect' || /^(401|403|3..)$/.test(String(status));
  } catch {
    return false;
  }
}
