import type { WebSocket } from '@turnout/core';
import type { Request } from 'express';
import type { Audience } from './audience.ts';
import type { VoteStore } from './vote-store.ts';

/** Bytes of a message that is worth looking at: no id is longer. */
const longestId = 9;

/** The `/message` socket: a candidate's id comes as text, and everybody is told the new count. */
export function voteOver(votes: VoteStore, audience: Audience): (socket: WebSocket, request: Request) => void {
  return (socket, request) => {
    audience.join(socket, request.session.voter!);
    const refuse = (reason: string): boolean => socket.send(JSON.stringify({ type: 'error', data: { reason } }));
    socket.on('message', (data, isBinary) => {
      if (isBinary) return refuse("Expected a candidate's id as text");
      if (data.length > longestId) return refuse(`Expected a candidate's id, received ${data.length} bytes`);
      const id = data.toString();
      // On the disk before anybody is told.
      const count = votes.add(id);
      if (count === undefined) return refuse(`No candidate has the id ${JSON.stringify(id)}`);
      return audience.tell({ type: 'vote', data: { user_id: id, count } });
    });
  };
}
