/** The error of a callback whose message cannot be sent, in the words of `ws`, which applications look for. */
export function notOpen(readyState: '2 (CLOSING)' | '3 (CLOSED)'): Error {
  return new Error(`WebSocket is not open: readyState ${readyState}`);
}
