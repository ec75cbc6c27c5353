import { InvalidMessage } from './invalid-message.ts';

/** Finds a type that the application names: a missing one is a mistake of the application. */
export function defined<Value>(part: Readonly<Record<string, Value>> | undefined, name: string, type: string): Value {
  if (part !== undefined && Object.hasOwn(part, type)) return part[type]!;
  throw new TypeError(`Invalid type ${type}: it is not in ${name}`);
}

/** Finds a type that the peer names: an unknown one is an invalid message. */
export function known<Value>(part: Readonly<Record<string, Value>> | undefined, type: string): Value {
  if (part !== undefined && Object.hasOwn(part, type)) return part[type]!;
  throw new InvalidMessage(`Unknown type ${JSON.stringify(type.slice(0, 50))}`, 'type');
}
