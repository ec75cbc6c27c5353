import { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from 'express';

/** The classes of an app's requests and responses, for `createServer()` of `node:http` and `node:https`. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Properties of an Express app that its types lack. */
interface Prototypes {
  readonly request: object;
  readonly response: object;
}

/** One pair for each app, whatever makes its servers: V8 sees one shape of its requests, and one of its responses. */
const known = new WeakMap<Application, MessageClasses>();

/**
 * Classes whose objects have the app's prototypes from the start. Express gives each request and response its app's
 * prototype, and V8 then knows the shape of neither any more. If the prototype is there already, nothing changes.
 */
export function messageClasses(app: Application): MessageClasses {
  let classes = known.get(app);
  if (classes === undefined) {
    classes = createClasses(app);
    known.set(app, classes);
  }
  return classes;
}

function createClasses(app: Application): MessageClasses {
  const { request, response } = app as unknown as Prototypes;
  return {
    IncomingMessage: withPrototype(IncomingMessage, request),
    ServerResponse: withPrototype(ServerResponse, response),
  };
}

/** Calls the base class as a function: `Reflect.construct()` would give each object its own hidden class. */
function withPrototype<Class extends new (...args: never[]) => object>(base: Class, prototype: object): Class {
  if (isClass(base)) return base;
  function Message(this: object, ...args: unknown[]): void {
    Reflect.apply(base, this, args);
  }
  Message.prototype = prototype;
  return Message as unknown as Class;
}

/** Whether it needs `new`: not in Node.js up to 26, but in other runtimes. */
function isClass(base: unknown): boolean {
  return /^class\b/.test(String(base));
}
