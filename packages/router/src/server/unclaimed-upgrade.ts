import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { HandshakeError } from '@turnout/core';
import type { Notices } from '../options/notices.ts';
import { http2Channel } from '../upgrade/http2-channel.ts';
import type { UnansweredRequests } from './unanswered-requests.ts';
import { refusalOf, tellRefused } from '../upgrade/refusal.ts';
import { http1Channel } from '../upgrade/upgrade-channel.ts';

/** An upgrade that no WebSocket route claims, and that is left to the other listeners of its server. */
export interface UnclaimedUpgrade {
  /** Whether somebody has answered it, reads it, or has ended it; or it has gone. */
  readonly isTaken: () => boolean;
  readonly refuse: (error: HandshakeError) => void;
  /** Calls back once its connection has closed. */
  readonly whenGone: (callback: () => void) => void;
}

/** What an upgrade that is left to others has to do with the app. */
export interface UnclaimedContext {
  /** The requests before it on its connection, whose answers may still be on the way. */
  readonly earlier: UnansweredRequests;
  readonly notices: Notices;
}

/**
 * An upgrade of HTTP/1.1 that is left to others. Who takes one writes an answer, or reads what the client sends:
 * Node.js hands the connection over with nobody reading.
 */
export function unclaimedUpgrade(
  request: IncomingMessage,
  duplex: Duplex,
  { earlier, notices }: UnclaimedContext,
): UnclaimedUpgrade {
  const { socket } = request;
  const isAnswered = (): boolean =>
    earlier.countOf(socket) === 0 && socket.bytesWritten > earlier.bytesWrittenTo(socket);
  return {
    isTaken: () => isAnswered() || duplex.readableFlowing !== null || duplex.destroyed || duplex.writableEnded,
    refuse(error) {
      // The answer would stand in the midst of another.
      if (earlier.countOf(socket) > 0) return void socket.destroy();
      http1Channel(duplex).reject(error);
      tellRefused(notices, refusalOf(request, error));
    },
    whenGone: (callback) => void duplex.once('close', callback),
  };
}

/** A stream of HTTP/2 that is left to others: who takes it answers it, or reads it. */
export function unclaimedStream(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  notices: Notices,
): UnclaimedUpgrade {
  const { stream } = response;
  return {
    isTaken: () => stream.headersSent || request.readableFlowing !== null || stream.destroyed,
    refuse(error) {
      http2Channel(response).reject(error);
      tellRefused(notices, refusalOf(request as unknown as IncomingMessage, error));
    },
    whenGone: (callback) => void stream.once('close', callback),
  };
}
