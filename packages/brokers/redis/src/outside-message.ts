import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { BusMessage } from '@turnout/topics';

/** On the channel of a topic with history: something stands in its inbox. */
const wakeUp = 'inbox';

export function isWakeUp(bytes: Buffer): boolean {
  return bytes.length === wakeUp.length && bytes.toString('latin1') === wakeUp;
}

/** On the channel of a topic with history: a node asks who uses the options that the history has. */
export const optionsQuestion = 'options';

export function isOptionsQuestion(bytes: Buffer): boolean {
  return bytes.length === optionsQuestion.length && bytes.toString('latin1') === optionsQuestion;
}

/**
 * Whether bytes are JSON as a program outside publishes it. What nodes publish begins with a letter that no JSON begins
 * with.
 */
export function isJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

/** A message of a program outside, which does not count what it publishes. */
export function outsideMessage(json: Buffer): BusMessage {
  return { origin: `outside.${randomUUID()}`, sequence: 0, key: '', data: json.toString() };
}
