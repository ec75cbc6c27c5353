import type { WebSocket } from '@turnout/core';
import type { Request } from 'express';
import type { LivePoll } from './live-poll.ts';
import type { ProcessStatus } from './process-status.ts';

/** Bytes of a message that is worth looking at: no vote is longer. */
const longestVote = 100;

interface Vote {
  readonly id: string;
  readonly key: string | undefined;
}

/** The `/message` socket: a vote comes as text, and everybody is told the new count. */
export function voteOver(poll: LivePoll, status: ProcessStatus) {
  return async (socket: WebSocket, request: Request): Promise<void> => {
    const tell = (type: string, data: object): boolean => socket.send(JSON.stringify({ type, data }));
    await poll.join(socket, request.session.voter!);
    await status.join(socket);
    socket.on('message', async (bytes, isBinary) => {
      if (isBinary) return tell('error', { reason: "Expected a candidate's id as text" });
      if (bytes.length > longestVote) {
        return tell('error', { reason: `Expected a candidate's id, received ${bytes.length} bytes` });
      }
      const vote = readVote(bytes.toString());
      if (vote === undefined) return tell('error', { reason: 'Expected {"vote":ID,"key":KEY}' });
      const { id, key } = vote;
      // Kept before anybody is told.
      const counted = await poll.vote(id, key).catch(() => null);
      if (counted === null) return tell('error', { reason: 'Votes cannot be counted just now', ...(key && { key }) });
      if (counted === undefined) return tell('error', { reason: `No candidate has the id ${JSON.stringify(id)}` });
      return key === undefined || tell('counted', { key, user_id: id, count: counted.count });
    });
  };
}

/** The id alone, or as JSON with a key, by which a vote that is sent again is known. */
function readVote(text: string): Vote | undefined {
  if (!text.startsWith('{')) return { id: text, key: undefined };
  try {
    const { vote, key } = JSON.parse(text) as Record<string, unknown>;
    return typeof vote === 'string' && typeof key === 'string' && key !== '' ? { id: vote, key } : undefined;
  } catch {
    return undefined;
  }
}
