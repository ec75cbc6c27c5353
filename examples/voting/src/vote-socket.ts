import type { WebSocket } from '@turnout/express';
import { holdReading, type RateLimit } from '@turnout/example-host';
import type { Request } from 'express';
import type { Vote } from './candidates.ts';
import type { LivePoll } from './live-poll.ts';
import type { ProcessStatus } from './process-status.ts';

/** The maximum length of a vote in bytes; longer messages are not parsed. */
const longestVote = 100;

export interface VoteParts {
  readonly poll: LivePoll;
  readonly status: ProcessStatus;
  /** How fast one user may vote, on all sockets together. */
  readonly rateLimit: RateLimit;
}

type Reading = Omit<Vote, 'voter'> | { readonly problem: string };

/** The `/message` socket: a vote is a text, and the new count is sent to everybody. */
export function voteOver({ poll, status, rateLimit }: VoteParts) {
  return async (socket: WebSocket, request: Request): Promise<void> => {
    const voter = request.session.voter!;
    const tell = (type: string, data: object): boolean => socket.send(JSON.stringify({ type, data }));
    const refuse = (reason: string, key?: string): boolean =>
      tell('error', { reason, ...(key !== undefined && { key }) });

    const count = async (id: string, key: string | undefined): Promise<boolean> => {
      // Stored before it is published.
      const counted = await poll.vote({ voter: voter.id, id, key }).catch(() => null);
      if (counted === null) return refuse('Votes cannot be counted just now', key);
      if (counted === undefined) return refuse(`No candidate has the id ${JSON.stringify(id)}`);
      // With a key that was used before, it names the candidate of that vote.
      return key === undefined || tell('counted', { key, user_id: counted.id, count: counted.count });
    };

    await poll.join(socket, voter);
    await status.join(socket);
    socket.on('message', (bytes, isBinary) => {
      const reading = readVote(bytes, isBinary);
      const wait = rateLimit.take(voter.id);
      if (wait > 0) {
        holdReading(socket);
        return refuse('You are voting too fast: wait a second', 'key' in reading ? reading.key : undefined);
      }
      return 'problem' in reading ? refuse(reading.problem) : count(reading.id, reading.key);
    });
  };
}

/** Only the id, or JSON with a key, which identifies a vote that is sent again. */
function readVote(bytes: Buffer, isBinary: boolean): Reading {
  if (isBinary) return { problem: "Expected a candidate's id as text" };
  if (bytes.length > longestVote) return { problem: `Expected a candidate's id, received ${bytes.length} bytes` };
  const text = bytes.toString();
  return text.startsWith('{') ? readJson(text) : { id: text, key: undefined };
}

function readJson(text: string): Reading {
  const problem = 'Expected {"vote":ID,"key":KEY}';
  try {
    const { vote, key } = JSON.parse(text) as Record<string, unknown>;
    return typeof vote === 'string' && typeof key === 'string' && key !== '' ? { id: vote, key } : { problem };
  } catch {
    return { problem };
  }
}
