/**
 * The states of a connection after the opening handshake, and every transition between them (RFC 6455 §7.1). This table
 * has all moves; a move that is not in it cannot happen.
 *
 * - `open`: messages may be sent and received.
 * - `closing-local`: we have sent a Close frame and wait for the peer's.
 * - `closed`: nothing more will be sent or read; only the transport remains to be ended. A peer that begins the closing
 *   handshake takes us here directly, because its Close frame is answered in the same step.
 */
export type ConnectionState = 'open' | 'closing-local' | 'closed';

export type ConnectionMove = 'close-sent' | 'close-received' | 'failed' | 'transport-ended';

const moves: Record<ConnectionState, Record<ConnectionMove, ConnectionState | null>> = {
  open: {
    'close-sent': 'closing-local',
    'close-received': 'closed',
    failed: 'closed',
    'transport-ended': 'closed',
  },
  'closing-local': {
    'close-sent': null,
    'close-received': 'closed',
    failed: 'closed',
    'transport-ended': 'closed',
  },
  closed: {
    'close-sent': null,
    'close-received': null,
    failed: null,
    'transport-ended': null,
  },
};

/** The state after `move`, or `null` if the move is not possible from `state`. */
export function stateAfter(state: ConnectionState, move: ConnectionMove): ConnectionState | null {
  return moves[state][move];
}
