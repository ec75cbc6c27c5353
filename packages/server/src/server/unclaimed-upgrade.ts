import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { HandshakeError } from '@turnout/core';
import type { Notices } from '../options/notices.ts';
import { http2Channel } from '../upgrade/http2-channel.ts';
import type { UnansweredRequests } from './unanswered-requests.ts';
import { refusalOf, tellRefused } from '../upgrade/refusal.ts';
import { http1Channel } from '../upgrade/upgrade-channel.ts';

/** An upgrade that no WebSocket route claims; it is left to the other listeners of its server. */
export interface UnclaimedUpgrade {
  /** Whether a listener has answered, reads or has ended it, or its connection is closed. */
  readonly isTaken: () => boolean;
  readonly refuse: (error: HandshakeError) => void;
  /** Calls back when its connection closes. */
  readonly whenGone: (callback: () => void) => void;
}

/** What an unclaimed upgrade needs from the app. */
export interface UnclaimedContext {
  /** Earlier requests on its connection, which may not be answered yet. */
  readonly earlier: UnansweredRequests;
  readonly notices: Notices;
}

/**
 * An HTTP/1.1 upgrade that is left to others. It is taken once a listener writes a response or reads from the
 * connection: Node.js hands it over without a reader.
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
      // The response would end up inside another one.
      if (earlier.countOf(socket) > 0) return void socket.destroy();
      http1Channel(duplex).reject(error);
      tellRefused(notices, refusalOf(request, error));
    },
    whenGone: (callback) => void duplex.once('close', callback),
  };
}

/** An HTTP/2 stream that is left to others: it is taken once a listener answers or reads it. */
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
