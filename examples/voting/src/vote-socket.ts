import type { WebSocket } from '@turnout/core';
import type { Request } from 'express';
import type { Audience } from './audience.ts';
import type { VoteStore } from './vote-store.ts';

/** The `/message` socket: a candidate's id comes as text, and everybody is told the new count. */
export function voteOver(votes: VoteStore, audience: Audience): (socket: WebSocket, request: Request) => void {
  return (socket, request) => {
    const user = request.session.voter!;
    socket.send(JSON.stringify({ type: 'snapshot', data: { candidates: votes.all(), you: user } }));
    audience.join(socket, user);
    socket.on('message', (data, isBinary) => {
      const id = data.toString();
      // On the disk before anybody is told.
      const count = isBinary ? undefined : votes.add(id);
      if (count === undefined) {
        const reason = isBinary ? "Expected a candidate's id as text" : `No candidate has the id ${quote(id)}`;
        socket.send(JSON.stringify({ type: 'error', data: { reason } }));
      } else {
        audience.broadcast({ type: 'vote', data: { user_id: id, count } });
      }
    });
  };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
