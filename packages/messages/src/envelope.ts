import { InvalidMessage } from './invalid-message.ts';

/*
 * What is on the wire, as JSON text:
 *
 *     { "type": "vote", "data": … }                      a message
 *     { "type": "load", "data": …, "id": 1 }             a request
 *     { "id": 1, "data": … }                             the reply to it
 *     { "id": 1, "error": { "message", "path" } }        or why it fails
 *     { "type": "error", "data": { "message", "path", "type" } }   what was wrong with a message
 */

/** A received message, parsed; its data is not checked yet. */
export type Envelope =
  | { readonly kind: 'message'; readonly type: string; readonly data: unknown }
  | { readonly kind: 'request'; readonly type: string; readonly data: unknown; readonly id: string | number }
  | Reply;

export interface Reply {
  readonly kind: 'reply';
  readonly id: string | number;
  readonly data: unknown;
  readonly error: unknown;
}

/** @throws {InvalidMessage} if it is not JSON text of one of these forms */
export function parseEnvelope(message: unknown): Envelope {
  if (typeof message !== 'string') throw new InvalidMessage('Expected JSON text, got a binary message');
  const parsed = parseJson(message);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InvalidMessage('Expected an object with "type" and "data"');
  }
  const { type, id, data, error } = parsed as Readonly<Record<string, unknown>>;
  const hasId = typeof id === 'number' || typeof id === 'string';
  if (id !== undefined && !hasId) throw new InvalidMessage('Expected a number or a string', 'id');
  if (type === undefined && hasId) return { kind: 'reply', id, data, error };
  if (typeof type !== 'string') throw new InvalidMessage('Expected a string', 'type');
  return hasId ? { kind: 'request', type, data, id } : { kind: 'message', type, data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidMessage('Expected JSON', '', 1007);
  }
}
