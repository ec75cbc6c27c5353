import type { IncomingMessage } from 'node:http';
import type { HandshakeError } from '@turnout/core';
import type { Notices } from '../options/notices.ts';
import { publishRefused } from './diagnostics.ts';
import { pathOfTarget } from './path-of-target.ts';

/** An upgrade, or a plain request for a WebSocket route, that was answered with a status that opens no socket. */
export interface Refusal {
  readonly request: IncomingMessage;
  readonly status: number;
  readonly reason: string;
  /** What tells it from others of its status, such as an error's code. Default: nothing does. */
  readonly cause?: string | undefined;
  /** The target as it was asked for; routers change that of the request. Default: the request's. */
  readonly target?: string | undefined;
}

/** Tells whoever watches of an upgrade that was refused: the diagnostics channel, and the developer. */
export function tellRefused(notices: Notices, refusal: Refusal): void {
  publishRefused(refusal);
  noteRefused(notices, refusal);
}

/** Tells the developer alone. */
export function noteRefused(notices: Notices, { request, status, reason, cause = '', target }: Refusal): void {
  const path = pathOfTarget(target ?? request.url!);
  notices.tell(`${status} ${cause}`, () => `no WebSocket at ${path}, answered with ${status}: ${reason}`);
}

/** Tells the developer of an upgrade that gets no answer. */
export function noteCutOff(notices: Notices, request: IncomingMessage, reason: string): void {
  notices.tell('cut off', () => `no WebSocket at ${pathOfTarget(request.url!)}, cut off: ${reason}`);
}

/** The refusal that an error says. */
export function refusalOf(
  request: IncomingMessage,
  { status, message, code }: HandshakeError,
  target?: string,
): Refusal {
  return { request, status, reason: message, cause: code, target };
}
