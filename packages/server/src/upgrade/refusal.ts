import type { IncomingMessage } from 'node:http';
import type { HandshakeError } from '@turnout/core';
import type { Notices } from '../options/notices.ts';
import { publishRefused } from './diagnostics.ts';
import { pathOfTarget, targetOf } from './path-of-target.ts';

/** An upgrade, or a plain request for a WebSocket route, that was refused. */
export interface Refusal {
  readonly request: IncomingMessage;
  readonly status: number;
  readonly reason: string;
  /** Distinguishes refusals with the same status, such as by an error code. Default: none. */
  readonly cause?: string | undefined;
  /** The original target; routers change that of the request. Default: the request's. */
  readonly target?: string | undefined;
}

/** Reports a refusal on the diagnostics channel and to the developer. */
export function tellRefused(notices: Notices, refusal: Refusal): void {
  publishRefused(refusal);
  noteRefused(notices, refusal);
}

/** Reports a refusal to the developer only. */
export function noteRefused(notices: Notices, { request, status, reason, cause = '', target }: Refusal): void {
  const path = pathOfTarget(target ?? targetOf(request));
  notices.tell(`${status} ${cause}`, () => `no WebSocket at ${path}, answered with ${status}: ${reason}`);
}

/** Reports an upgrade that gets no answer to the developer. */
export function noteCutOff(notices: Notices, request: IncomingMessage, reason: string): void {
  notices.tell('cut off', () => `no WebSocket at ${pathOfTarget(targetOf(request))}, cut off: ${reason}`);
}

/** The refusal that an error describes. */
export function refusalOf(
  request: IncomingMessage,
  { status, message, code }: HandshakeError,
  target?: string,
): Refusal {
  return { request, status, reason: message, cause: code, target };
}
