import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { BusMessage } from '@turnout/topics';

/** Published on the channel of a topic with history: its inbox contains messages. */
const wakeUp = 'inbox';

export function isWakeUp(bytes: Buffer): boolean {
  return bytes.length === wakeUp.length && bytes.toString('latin1') === wakeUp;
}

/** Published on the channel of a topic with history: a node asks who uses the options of the history. */
export const optionsQuestion = 'options';

export function isOptionsQuestion(bytes: Buffer): boolean {
  return bytes.length === optionsQuestion.length && bytes.toString('latin1') === optionsQuestion;
}

/** Whether bytes are JSON from another program. Messages of nodes start with a letter that no JSON starts with. */
export function isJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

/** A message of another program, without a sequence number. */
export function outsideMessage(json: Buffer): BusMessage {
  return { origin: `outside.${randomUUID()}`, sequence: 0, key: '', data: json.toString() };
}
