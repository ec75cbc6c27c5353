import { InvalidMessage } from './invalid-message.ts';

/** What the application names has to be there. */
export function defined<Value>(part: Readonly<Record<string, Value>> | undefined, name: string, type: string): Value {
  if (part !== undefined && Object.hasOwn(part, type)) return part[type]!;
  throw new TypeError(`Invalid type ${type}: it is not in ${name}`);
}

/** What the other side names may not be. */
export function known<Value>(part: Readonly<Record<string, Value>> | undefined, type: string): Value {
  if (part !== undefined && Object.hasOwn(part, type)) return part[type]!;
  throw new InvalidMessage(`Unknown type ${JSON.stringify(type.slice(0, 50))}`, 'type');
}
