import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { HandshakeError } from '@turnout/core';
import type { ResponseHost, UpgradeChannel } from './upgrade-channel.ts';

/** An HTTP/2 stream that asks for a WebSocket by extended CONNECT (RFC 8441 §5). */
export function http2Channel(response: Http2ServerResponse): UpgradeChannel {
  const { stream } = response;
  return {
    duplex: stream,
    carrier: stream.session,
    acceptStatus: 200,
    createResponse: (_request, asker) => prepareResponse(response, asker),
    release: doNothing,
    reject: (error) => rejectStream(stream, error),
    // Node.js closes the stream when the response ends.
    end: doNothing,
  };
}

function doNothing(): void {}

/**
 * Turns an extended CONNECT into a GET for the app, whose routers and guards do not know `CONNECT`, and sets `Host` to
 * its `:authority` (RFC 9113 §8.3.1).
 */
export function asGet(request: Http2ServerRequest): IncomingMessage {
  Object.assign(request, { method: 'GET' });
  request.headers.host = request.authority;
  return request as unknown as IncomingMessage;
}

/** Keeps the stream open after an accepting response: Node.js would end it with the response. */
function prepareResponse(response: Http2ServerResponse, { isAccepting, onAnswered }: ResponseHost): ServerResponse {
  const isAccepted = (): boolean => isAccepting() && response.statusCode === constants.HTTP_STATUS_OK;
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => Http2ServerResponse;
  const end = response.end.bind(response) as (...args: unknown[]) => Http2ServerResponse;
  return Object.assign(response as unknown as ServerResponse, {
    writeHead: (...args: unknown[]) => writeHead(...(isAccepted() ? args.map(withoutLength) : args)),
    end: (...args: unknown[]) => {
      process.nextTick(onAnswered);
      if (!isAccepted()) return end(...args);
      process.nextTick(() => response.emit('finish'));
      return response;
    },
    // Middleware for node:http calls this to write the head before the end.
    _implicitHeader: () => void response.writeHead(response.statusCode),
  });
}

/** Headers without Content-Length, which a response that stays open must not have. */
function withoutLength(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) return argument;
  return Object.fromEntries(Object.entries(argument).filter(([name]) => name.toLowerCase() !== 'content-length'));
}

function rejectStream(stream: ServerHttp2Stream, { status, message, headers }: HandshakeError): void {
  const allowed = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'upgrade');
  stream.respond({
    ':status': status,
    'content-type': 'text/plain; charset=utf-8',
    ...Object.fromEntries(allowed),
  });
  stream.end(`${message}\n`);
  stream.close(constants.NGHTTP2_NO_ERROR);
}
