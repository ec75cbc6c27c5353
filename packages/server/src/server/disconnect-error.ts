/** `disconnectUser()` closed the user's sockets on this node, but could not notify the other nodes. */
export class DisconnectError extends Error {
  override readonly name = 'DisconnectError';
  readonly code = 'WS_ERR_NODES_UNREACHABLE';

  constructor(user: string) {
    super(`Cannot tell other nodes to disconnect user ${user}: the broker cannot be reached`);
  }
}
