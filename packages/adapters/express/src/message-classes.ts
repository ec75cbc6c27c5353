import { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from 'express';

/** The classes of an app's requests and responses, for `createServer()` of `node:http` and `node:https`. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** What Express has, and its types have not. */
interface Prototypes {
  readonly request: object;
  readonly response: object;
}

/**
 * Classes whose objects have the app's prototypes from the start. Express gives each request and response its app's
 * prototype, and V8 then knows the shape of neither any more: to connect takes a third longer, and a plain GET is
 * slower too. Where the prototype is there already, nothing changes.
 */
export function messageClasses(app: Application): MessageClasses {
  const { request, response } = app as unknown as Prototypes;
  return {
    IncomingMessage: withPrototype(IncomingMessage, request),
    ServerResponse: withPrototype(ServerResponse, response),
  };
}

function withPrototype<Class extends new (...args: never[]) => object>(base: Class, prototype: object): Class {
  function Message(...args: unknown[]): object {
    return Reflect.construct(base, args, Message) as object;
  }
  Message.prototype = prototype;
  return Message as unknown as Class;
}
