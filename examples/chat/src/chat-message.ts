/** The messages that a page, or any other client, sends. */
export type ChatMessage =
  | { readonly type: 'say'; readonly text: string; readonly key: string | undefined }
  | { readonly type: 'typing' }
  | { readonly type: 'quit' }
  /** The empty frame that some browsers send to keep a connection alive. */
  | { readonly type: 'keep-alive' }
  | { readonly type: 'mistake'; readonly reason: string };

/** The longest text, in bytes of UTF-8. */
export const maxText = 128 * 1024;
const maxKey = 64;

/**
 * Reads a message. Pages send JSON objects; any other text is published unchanged, so that a plain WebSocket client can
 * chat.
 */
export function readMessage(data: Buffer, isBinary: boolean): ChatMessage {
  if (isBinary) return mistake('Expected text, received bytes');
  const text = data.toString();
  if (text === '') return { type: 'keep-alive' };
  if (text.trim() === 'quit') return { type: 'quit' };
  if (!text.trimStart().startsWith('{')) return say(text, undefined);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return mistake('Malformed JSON');
  }
  return readObject(value as Record<string, unknown>);
}

function readObject({ type, text, key }: Record<string, unknown>): ChatMessage {
  switch (type) {
    case 'quit':
    case 'typing':
      return { type };
    case 'say':
      if (typeof text !== 'string') return mistake(`Expected "text" to be a string, received ${typeof text}`);
      if (key !== undefined && (typeof key !== 'string' || key.length > maxKey)) {
        return mistake(`Expected "key" to be a string of at most ${maxKey} characters`);
      }
      return say(text, key);
    default:
      return mistake('Expected "type" to be "say", "typing" or "quit"');
  }
}

function say(text: string, key: string | undefined): ChatMessage {
  if (text.trim() === '') return mistake('There is nothing in the message');
  const bytes = Buffer.byteLength(text);
  if (bytes > maxText) return mistake(`The message has ${bytes} bytes, more than ${maxText}`);
  return { type: 'say', text, key };
}

function mistake(reason: string): ChatMessage {
  return { type: 'mistake', reason };
}
